-- Commands that run once in a release: somebody's, and those of cron services.
create table deployments.runs (
  id uuid primary key,
  organisation_id uuid not null,
  workload_id uuid not null,
  release_id uuid not null,
  release_number integer not null,
  kind text not null check (kind in ('command', 'cron')),
  -- The time of the schedule that it is for.
  scheduled_for timestamptz,
  -- For people: without values of variables. What is run lies sealed beside it until it is over.
  command jsonb not null,
  argv_sealed bytea,
  timeout_seconds integer not null check (timeout_seconds between 1 and 86400),
  state text not null default 'pending'
    check (state in ('pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
  exit_code integer,
  reason jsonb,
  created_by jsonb not null,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  unique (organisation_id, id),
  -- Whoever looks, and however many do: a time of a schedule is run once.
  constraint runs_scheduled_key unique (workload_id, scheduled_for),
  check (kind = 'cron' or scheduled_for is null),
  check ((finished_at is null) = (state in ('pending', 'running'))),
  check ((finished_at is null) = (argv_sealed is not null)),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
create index runs_workload_idx on deployments.runs (workload_id, id);
create index runs_due_idx on deployments.runs (step_at) where finished_at is null;

-- When cron services are looked at next. What their schedule is stands in their settings.
create table deployments.cron_schedules (
  workload_id uuid primary key,
  organisation_id uuid not null,
  look_at timestamptz not null,
  -- What `next_at` was worked out from; null while nothing is to be run.
  spec text,
  next_at timestamptz,
  check ((spec is null) = (next_at is null)),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
create index cron_schedules_look_idx on deployments.cron_schedules (look_at);
