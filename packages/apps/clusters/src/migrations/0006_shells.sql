-- Terminals that people have open in replicas; a row is there for as long as its terminal.
create table clusters.shells (
  id uuid primary key,
  workload_id uuid not null,
  replica_id uuid not null,
  node_id uuid not null references clusters.nodes (id) on delete cascade,
  -- Command, columns and rows: what the agent is told until it has come for it.
  spec jsonb not null,
  created_at timestamptz not null,
  -- When the agent came; it may come once.
  joined_at timestamptz,
  -- When somebody last said that it is still open. An instance that was killed says nothing more.
  alive_at timestamptz not null
);
create index shells_node_idx on clusters.shells (node_id) where joined_at is null;
create index shells_alive_idx on clusters.shells (alive_at);
