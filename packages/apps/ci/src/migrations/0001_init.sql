create table uploads (
  id uuid primary key,
  organisation_id uuid not null,
  created_by uuid not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);

create index uploads_last_used_at_idx on uploads (last_used_at);

-- One row per job. `preparing`: its log stream does not exist yet, so no runner may have it.
create table jobs (
  id uuid primary key,
  organisation_id uuid not null,
  key text not null check (length(key) between 1 and 200),
  kind text not null check (kind in ('build')),
  state text not null check (state in ('preparing', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
  labels text[] not null default '{}',
  priority integer not null default 0,
  spec jsonb not null,
  upload_id uuid references uploads (id) on delete set null,
  attempt integer not null default 0 check (attempt >= 0),
  max_attempts integer not null default 2 check (max_attempts > 0),
  timeout_seconds integer not null check (timeout_seconds > 0),
  run_at timestamptz not null default now(),
  runner_id text,
  lease_token uuid,
  lease_until timestamptz,
  deadline_at timestamptz,
  cancel_requested boolean not null default false,
  result jsonb,
  reason jsonb,
  log_state text not null default 'absent' check (log_state in ('absent', 'open', 'ended')),
  log_step_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint jobs_key_key unique (organisation_id, key),
  constraint jobs_attempts_check check (attempt <= max_attempts),
  constraint jobs_running_check check (
    (state = 'running') = (lease_until is not null)
    and (state <> 'running' or (runner_id is not null and lease_token is not null and started_at is not null and deadline_at is not null))
  ),
  constraint jobs_finished_check check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
  constraint jobs_result_check check ((state = 'succeeded') = (result is not null)),
  constraint jobs_reason_check check ((state = 'failed') = (reason is not null)),
  constraint jobs_claimable_check check (state not in ('queued', 'running') or log_state <> 'absent')
)
-- Heartbeats rewrite running rows every few seconds: room beside them, and early vacuums, keep claims fast.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);

create index jobs_queued_idx on jobs (priority desc, id) where state = 'queued';
create index jobs_running_idx on jobs (lease_until) where state = 'running';
create index jobs_upload_id_idx on jobs (upload_id);
create index jobs_log_step_idx on jobs (log_step_at)
  where log_state = 'absent' or (log_state = 'open' and finished_at is not null);
