-- breaking: a workload has any number of replicas, and a role that earlier processes do not know.
alter table clusters.workloads
  -- Where its volumes lie, from the first start of a release with volumes on.
  add column volume_node_id uuid,
  -- Since when its replicas are off the routes because a release is replaced by stopping it first.
  add column off_since timestamptz,
  -- Of a running rollout.
  add column phase text not null default 'starting' check (phase in ('starting', 'canary', 'restoring')),
  add column phase_since timestamptz,
  add column step_index integer,
  add column step_revision bigint,
  add column step_acknowledged_at timestamptz,
  add column step_passed_at timestamptz,
  -- What gateways had counted when the step's measuring began, and what is known from before.
  add column step_measure jsonb,
  -- How often in a row a lost replica could not be replaced, and when the next try may begin.
  add column repair_count integer not null default 0 check (repair_count >= 0),
  add column repair_at timestamptz,
  add check (phase = 'starting' or phase_since is not null),
  add check (phase <> 'canary' or (step_index is not null and step_revision is not null)),
  add check (phase <> 'restoring' or rollout_reason is not null),
  add check (phase = 'starting' or rollout_state = 'running');

alter table clusters.releases
  -- The last revision with which its rollout changed the routes; null while it has changed none.
  add column traffic_revision bigint,
  -- What gateways had counted before the first one; null when they could not be asked.
  add column traffic_before jsonb,
  -- When what it replaced had drained, and when what was counted until then was taken down.
  add column drained_at timestamptz,
  add column settled_at timestamptz,
  add column requests bigint check (requests >= 0),
  add column failed_requests bigint check (failed_requests >= 0),
  add check (settled_at is null or drained_at is not null);
create index releases_measuring_idx on clusters.releases (workload_id)
  where traffic_revision is not null and settled_at is null;
create index releases_cron_idx on clusters.releases (workload_id) where spec ->> 'kind' = 'cron';

alter table clusters.replicas
  -- Which of the release's replicas it is.
  add column ordinal integer not null default 0 check (ordinal between 0 and 49),
  -- Of a process that ended and is not started again.
  add column exit_code integer,
  drop constraint replicas_role_check,
  add constraint replicas_role_check check (role in ('candidate', 'canary', 'serving', 'draining', 'stopping'));
drop index clusters.replicas_one_serving;
drop index clusters.replicas_one_candidate;
-- Two controllers that decide the same at once start one replica: each has its number. One that replaces a lost one has
-- the number of that one, which serves until then, so there is a row for each of the two.
create unique index replicas_one_serving on clusters.replicas (workload_id, generation, ordinal) where role = 'serving';
create unique index replicas_one_candidate on clusters.replicas (workload_id, generation, ordinal)
  where role in ('candidate', 'canary');

-- Commands that are run once. They name what they need themselves, for a first release's come before its workload.
create table clusters.runs (
  id uuid primary key,
  workload_id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  project_slug text not null,
  service_slug text not null,
  -- The release without its variables and files, and these, sealed; null once the run has ended.
  spec jsonb not null,
  sealed_env bytea,
  sealed_files bytea,
  command jsonb not null,
  timeout_seconds integer not null check (timeout_seconds between 1 and 86400),
  wanted_node_id uuid,
  node_id uuid references clusters.nodes (id) on delete restrict,
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  -- What its agent said last.
  observed text not null default 'pending'
    check (observed in ('pending', 'pulling', 'starting', 'running', 'ready', 'unhealthy', 'exited', 'failed', 'stopped')),
  exit_code integer,
  reason jsonb,
  created_at timestamptz not null,
  -- When it was given to its node.
  placed_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- The node's generation that asked for its removal, and when a report made under it said that nothing is left.
  stop_generation bigint,
  gone_at timestamptz,
  -- When the controller has to look again; null when nothing is pending.
  due_at timestamptz,
  check ((finished_at is null) = (state in ('pending', 'running'))),
  check ((node_id is null) = (placed_at is null)),
  check (finished_at is not null or sealed_env is not null)
);
create index runs_due_idx on clusters.runs (due_at, id) where due_at is not null;
create index runs_node_idx on clusters.runs (node_id, id) where node_id is not null and gone_at is null;
create index runs_unfinished_idx on clusters.runs (workload_id, id) where finished_at is null;
create index runs_finished_idx on clusters.runs (finished_at) where finished_at is not null;
