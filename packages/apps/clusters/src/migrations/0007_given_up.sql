-- Rollouts that were given up before their workload was known: their request may still be on its way.
create table clusters.given_up (
  workload_id uuid primary key,
  generation bigint not null check (generation >= 1),
  given_up_at timestamptz not null
);
