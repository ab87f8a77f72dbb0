-- What a node's agent does once and answers: work on volumes and on the node's disk.
create table clusters.tasks (
  id uuid primary key,
  node_id uuid not null references clusters.nodes (id) on delete cascade,
  -- The fencing epoch that whoever asked knew; 0 for none.
  epoch bigint not null default 0 check (epoch >= 0),
  spec jsonb not null,
  timeout_seconds integer not null check (timeout_seconds between 1 and 86400),
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed')),
  result jsonb,
  reason jsonb,
  created_at timestamptz not null,
  -- When it is given up.
  deadline_at timestamptz not null,
  finished_at timestamptz,
  check ((finished_at is null) = (state in ('pending', 'running'))),
  check ((state = 'succeeded') = (result is not null)),
  check ((state = 'failed') = (reason is not null))
);
create index tasks_open_idx on clusters.tasks (node_id, created_at, id) where finished_at is null;
create index tasks_deadline_idx on clusters.tasks (deadline_at) where finished_at is null;
create index tasks_finished_idx on clusters.tasks (finished_at) where finished_at is not null;
