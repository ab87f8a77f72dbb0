-- What people have done with the data of a volume in an environment. `data_id` is that of volume_data, which is also the
-- nodes' name for it.
create table deployments.volume_operations (
  id uuid primary key,
  organisation_id uuid not null,
  workload_id uuid not null,
  data_id uuid not null,
  kind text not null check (kind in ('snapshot', 'restore', 'reset', 'resize')),
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed')),
  step text check (step in ('stopping', 'saving', 'working', 'undoing', 'starting')),
  -- Whether nothing else of its workload may change meanwhile: deployments wait.
  is_exclusive boolean not null,
  -- Whether there is something to stop, and to start again afterwards; null until that was looked at.
  has_stop boolean,
  node_id uuid,
  snapshot_id uuid,
  saved_id uuid,
  size_mib integer,
  -- Of the rollouts that stop and start, and of the fencing on the node.
  stop_generation integer,
  start_generation integer,
  start_tries integer not null default 0,
  -- Of the node's tasks; made with the row, so that one that is asked for again is the same.
  save_task_id uuid not null,
  work_task_id uuid not null,
  undo_task_id uuid not null,
  reason jsonb,
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  -- Of all but starting again, which has to be in any case.
  deadline_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  unique (organisation_id, id),
  check ((finished_at is null) = (state in ('pending', 'running'))),
  check ((step is not null) = (state = 'running')),
  check ((kind in ('snapshot', 'restore')) = (snapshot_id is not null)),
  check ((kind = 'resize') = (size_mib is not null)),
  check (saved_id is null or kind = 'restore'),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
create index volume_operations_data_idx on deployments.volume_operations (data_id, id);
create index volume_operations_workload_idx on deployments.volume_operations (workload_id);
create index volume_operations_due_idx on deployments.volume_operations (step_at) where finished_at is null;
-- However many ask at once: one of a volume, and one of a workload that stops it.
create unique index volume_operations_volume_key on deployments.volume_operations (data_id) where finished_at is null;
create unique index volume_operations_exclusive_key on deployments.volume_operations (workload_id)
  where finished_at is null and is_exclusive;

-- Archives of volumes, on the node where the volume is. Without a foreign key to the data: a row stays until the node has
-- deleted the archive, also when the data went before it.
create table deployments.volume_snapshots (
  id uuid primary key,
  organisation_id uuid not null,
  data_id uuid not null,
  state text not null default 'taking' check (state in ('taking', 'ready', 'removing')),
  origin text not null check (origin in ('request', 'before-restore')),
  note text check (length(note) between 1 and 200),
  -- Null until a node may have something of it.
  node_id uuid,
  bytes bigint,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  consistent boolean,
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  -- Of the task that deletes the archive, and whoever sees to that.
  remove_task_id uuid,
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  check (state <> 'ready' or (node_id is not null and bytes is not null and sha256 is not null and consistent is not null))
);
create index volume_snapshots_data_idx on deployments.volume_snapshots (data_id, id);
create index volume_snapshots_due_idx on deployments.volume_snapshots (step_at);

-- The last figures of a volume that its node gave.
create table deployments.volume_usage (
  data_id uuid primary key,
  organisation_id uuid not null,
  bytes bigint not null,
  files bigint not null,
  size_mib integer,
  enforced boolean not null,
  measured_at timestamptz not null
);
