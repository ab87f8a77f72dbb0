-- Folders whose content outlives the releases that have them: declared on a service, with data of its own in each of its
-- environments.
create table deployments.volumes (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid not null,
  slug text not null,
  path text not null check (path like '/%'),
  size_mib integer check (size_mib between 1 and 16777216),
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  unique (organisation_id, id),
  constraint volumes_slug_key unique (service_id, slug),
  foreign key (organisation_id, service_id) references deployments.services (organisation_id, id) on delete cascade
);
create index volumes_project_idx on deployments.volumes (project_id);

-- What a volume holds for one workload; nodes know it by this id. Without foreign keys: it is kept for a while when its
-- volume, service, environment or project is removed, and belongs to another workload once it was brought back there.
create table deployments.volume_data (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  volume_id uuid not null,
  workload_id uuid not null,
  -- Null as long as no node was ever told of it: then there is nothing anywhere.
  node_id uuid,
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  -- What it was when it was removed: names, path, size, and whose rights hold for it.
  was jsonb,
  -- The highest generation of a workload that had it, for the fencing on its node.
  epoch bigint not null default 0,
  -- From then on it is deleted, and cannot be brought back.
  delete_at timestamptz,
  task_id uuid,
  reason jsonb,
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  unique (organisation_id, id),
  check ((removed_at is null) = (was is null)),
  check ((removed_at is null) = (delete_at is null)),
  check (task_id is null or removed_at is not null)
);
create unique index volume_data_in_use_key on deployments.volume_data (volume_id, workload_id) where removed_at is null;
create index volume_data_workload_idx on deployments.volume_data (workload_id);
create index volume_data_kept_idx on deployments.volume_data (project_id, id) where removed_at is not null;
create index volume_data_delete_idx on deployments.volume_data (delete_at) where removed_at is not null;

-- The node that all volumes of a workload are on, from when the first of them is needed.
alter table deployments.workloads add column volume_node_id uuid;

-- The data that a release has mounted, and where: as it was when the release was made.
alter table deployments.releases add column volumes jsonb not null default '[]';
