-- Secrets that several services of a project share.
create table deployments.secret_groups (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  -- Rises with each change of its items; a release remembers which one it took.
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- When a release last took its items.
  last_used_at timestamptz,
  constraint secret_groups_slug_key unique (project_id, slug),
  unique (organisation_id, id),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

create table deployments.secret_items (
  organisation_id uuid not null,
  group_id uuid not null,
  name text not null check (name ~ '^[A-Za-z_][A-Za-z0-9_.-]{0,127}$'),
  value_sealed bytea not null,
  -- Of the value itself: the items of a group have a limit together.
  size_bytes integer not null check (size_bytes >= 0),
  updated_at timestamptz not null default now(),
  primary key (group_id, name),
  foreign key (organisation_id, group_id) references deployments.secret_groups (organisation_id, id) on delete cascade
);

-- Which workload gets the items of which group, and how. A group that is attached stays.
create table deployments.secret_attachments (
  organisation_id uuid not null,
  workload_id uuid not null,
  group_id uuid not null,
  kind text not null check (kind in ('variables', 'files')),
  -- Before the names of variables.
  prefix text not null default '' check (prefix ~ '^([A-Za-z_][A-Za-z0-9_]{0,39})?$'),
  -- Where the files are.
  directory text check (directory ~ '^/[A-Za-z0-9._/-]{1,199}$'),
  created_at timestamptz not null default now(),
  primary key (workload_id, group_id),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade,
  constraint secret_attachments_group_fkey
    foreign key (organisation_id, group_id) references deployments.secret_groups (organisation_id, id) on delete restrict,
  check ((kind = 'files') = (directory is not null)),
  check (kind = 'variables' or prefix = '')
);
create index secret_attachments_group_idx on deployments.secret_attachments (group_id, workload_id);

-- The files of a release, sealed like its variables (null: none), and the groups it took: {"<id>": {"slug", "version"}}.
alter table deployments.releases add column files_sealed bytea;
alter table deployments.releases add column secret_groups jsonb not null default '{}';
