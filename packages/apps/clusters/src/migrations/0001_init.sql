create table clusters.nodes (
  id uuid primary key,
  name text not null check (length(name) between 1 and 120),
  engine text not null check (engine in ('docker', 'process')),
  engine_version text not null,
  version text not null,
  os text,
  arch text,
  cpus double precision not null,
  memory_mib bigint not null,
  -- Of the desired state; raised in the transaction of every change to it, never lowered.
  generation bigint not null default 1 check (generation >= 1),
  -- Of the agent's last report; a report that was overtaken by a later one is ignored.
  report_sequence bigint not null default 0,
  registered_at timestamptz not null default now(),
  last_seen_at timestamptz not null
);

-- Writers lock this row, so that a route table with a higher revision was also committed later.
create table clusters.route_table (
  only_one boolean primary key default true check (only_one),
  revision bigint not null default 1 check (revision >= 1)
);
insert into clusters.route_table default values;

create table clusters.workloads (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  project_slug text not null,
  service_slug text not null,
  pinned_node_id uuid,
  -- The newest release that was asked for; its rollout is told by the rollout_ columns.
  generation bigint not null check (generation >= 1),
  -- Generations up to this one were given up before they arrived.
  aborted_generation bigint not null default 0,
  removing boolean not null default false,
  rollout_state text not null check (rollout_state in ('running', 'switching', 'succeeded', 'failed', 'aborted')),
  rollout_reason jsonb,
  rollout_started_at timestamptz not null,
  rollout_finished_at timestamptz,
  switch_revision bigint,
  switched_at timestamptz,
  serving_generation bigint,
  serving_since timestamptz,
  hosts text[] not null,
  targets jsonb not null default '[]',
  -- When the controller has to look again; null means that nothing is pending.
  due_at timestamptz,
  created_at timestamptz not null default now(),
  check ((rollout_finished_at is null) = (rollout_state in ('running', 'switching'))),
  check (rollout_state <> 'switching' or (switch_revision is not null and switched_at is not null)),
  check ((serving_generation is null) = (serving_since is null))
);
create index workloads_due_idx on clusters.workloads (due_at, id) where due_at is not null;

create table clusters.releases (
  workload_id uuid not null references clusters.workloads (id) on delete cascade,
  generation bigint not null,
  release_id uuid not null,
  number integer not null,
  -- The release without its variables, and these, sealed.
  spec jsonb not null,
  sealed_env bytea not null,
  created_at timestamptz not null default now(),
  primary key (workload_id, generation)
);

create table clusters.replicas (
  id uuid primary key,
  workload_id uuid not null,
  generation bigint not null,
  node_id uuid not null references clusters.nodes (id) on delete restrict,
  role text not null check (role in ('candidate', 'serving', 'draining', 'stopping')),
  state text not null default 'pending'
    check (state in ('pending', 'pulling', 'starting', 'running', 'ready', 'unhealthy', 'exited', 'failed', 'stopped')),
  state_since timestamptz not null,
  host text,
  port integer,
  ready_at timestamptz,
  started_at timestamptz,
  restarts integer not null default 0,
  reason jsonb,
  -- Gateways must have this revision, or enough time passed, before the wait for open requests begins.
  drain_revision bigint,
  drain_since timestamptz,
  drain_acknowledged_at timestamptz,
  -- The node's generation that asked for the stop, and when a report made under it said that nothing is left.
  stop_generation bigint,
  stopped_at timestamptz,
  created_at timestamptz not null,
  foreign key (workload_id, generation) references clusters.releases (workload_id, generation) on delete restrict,
  check ((host is null) = (port is null)),
  check ((role = 'stopping') = (stop_generation is not null)),
  check (role <> 'draining' or (drain_revision is not null and drain_since is not null))
);
create index replicas_node_idx on clusters.replicas (node_id, id);
create index replicas_workload_idx on clusters.replicas (workload_id, generation);
-- One slot: never two releases that have its traffic, never two that try to get it.
create unique index replicas_one_serving on clusters.replicas (workload_id) where role = 'serving';
create unique index replicas_one_candidate on clusters.replicas (workload_id) where role = 'candidate';

-- Ids of workloads that are gone, kept for some days, so that a late request does not bring one back.
create table clusters.removed_workloads (
  id uuid primary key,
  removed_at timestamptz not null
);
