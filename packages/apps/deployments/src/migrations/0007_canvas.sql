-- Where things are on the canvas of a project, and notes. None of it is what runs.
create table deployments.canvases (
  project_id uuid primary key,
  organisation_id uuid not null,
  -- The number of the newest effect. Its row is locked by who writes, so effects have one order.
  seq bigint not null default 0,
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

create table deployments.canvas_nodes (
  project_id uuid not null,
  -- Of the service, of the group, or of the note itself.
  id uuid not null,
  organisation_id uuid not null,
  kind text not null check (kind in ('service', 'group', 'note')),
  service_id uuid generated always as (case when kind = 'service' then id end) stored,
  group_id uuid generated always as (case when kind = 'group' then id end) stored,
  x double precision not null check (abs(x) <= 1000000),
  y double precision not null check (abs(y) <= 1000000),
  width integer check (width between 20 and 20000),
  height integer check (height between 20 and 20000),
  z integer not null default 0,
  text text check (octet_length(text) <= 4096),
  color text,
  version integer not null default 1 check (version > 0),
  updated_by jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (project_id, id),
  check ((kind = 'note') = (text is not null)),
  check ((kind = 'note') = (color is not null)),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade,
  foreign key (organisation_id, service_id) references deployments.services (organisation_id, id) on delete cascade,
  foreign key (organisation_id, group_id) references deployments.groups (organisation_id, id) on delete cascade
);
create index canvas_nodes_service_idx on deployments.canvas_nodes (service_id) where service_id is not null;
create index canvas_nodes_group_idx on deployments.canvas_nodes (group_id) where group_id is not null;

-- What was done, for those who were away. The oldest rows go as new ones come.
create table deployments.canvas_log (
  project_id uuid not null references deployments.canvases (project_id) on delete cascade,
  seq bigint not null,
  organisation_id uuid not null,
  -- A client and what it calls its operation: the same one again is the same row.
  client text not null check (length(client) <= 60),
  operation_id text not null check (length(operation_id) <= 40),
  effect jsonb not null,
  size_bytes integer not null,
  actor jsonb not null,
  at timestamptz not null default now(),
  primary key (project_id, seq),
  constraint canvas_log_operation_key unique (project_id, client, operation_id)
);
