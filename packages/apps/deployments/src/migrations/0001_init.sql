create table deployments.projects (
  id uuid primary key,
  organisation_id uuid not null,
  -- As it was when the project was made: the first part of the names of its images.
  organisation_slug text not null,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  created_at timestamptz not null default now(),
  constraint projects_slug_key unique (organisation_id, slug),
  unique (organisation_id, id)
);

create table deployments.environments (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  created_at timestamptz not null default now(),
  constraint environments_slug_key unique (project_id, slug),
  unique (organisation_id, id),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

create table deployments.services (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  source jsonb not null,
  settings jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint services_slug_key unique (project_id, slug),
  unique (organisation_id, id),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

-- A workload is a service in an environment: the slot that releases go live in.
create table deployments.workloads (
  id uuid primary key,
  organisation_id uuid not null,
  service_id uuid not null,
  environment_id uuid not null,
  host_label text not null check (length(host_label) <= 63),
  -- Counts what was asked of the clusters app; it refuses anything older.
  generation bigint not null default 0,
  last_release_number integer not null default 0,
  current_release_id uuid,
  constraint workloads_host_label_key unique (host_label),
  unique (service_id, environment_id),
  unique (organisation_id, id),
  foreign key (organisation_id, service_id) references deployments.services (organisation_id, id) on delete cascade,
  foreign key (organisation_id, environment_id) references deployments.environments (organisation_id, id) on delete cascade
);

create table deployments.variables (
  organisation_id uuid not null,
  workload_id uuid not null,
  name text not null check (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'),
  value_sealed bytea not null,
  updated_at timestamptz not null default now(),
  primary key (workload_id, name),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);

-- Immutable once written, but for its state.
create table deployments.releases (
  id uuid primary key,
  organisation_id uuid not null,
  workload_id uuid not null,
  number integer not null check (number > 0),
  image jsonb not null,
  settings jsonb not null,
  env_sealed bytea not null,
  source jsonb not null,
  state text not null check (state in ('pending', 'live', 'superseded', 'failed')),
  created_at timestamptz not null default now(),
  constraint releases_number_key unique (workload_id, number),
  unique (organisation_id, id),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
create unique index releases_one_live_idx on deployments.releases (workload_id) where state = 'live';

alter table deployments.workloads
  add foreign key (organisation_id, current_release_id) references deployments.releases (organisation_id, id);

create table deployments.deployments (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid not null,
  workload_id uuid not null,
  -- What is deployed: {kind: "build", source} | {kind: "image", reference} | {kind: "configuration"} | {kind: "release", releaseId}
  cause jsonb not null,
  state text not null check (state in
    ('queued', 'building', 'releasing', 'rolling_out', 'live', 'failed', 'cancelled', 'superseded')),
  job_id uuid,
  build jsonb,
  release_id uuid references deployments.releases (id) on delete set null,
  generation bigint,
  reason jsonb,
  created_by jsonb not null,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- The stepper: when the deployment is looked at next, and who is doing so.
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade,
  check ((finished_at is not null) = (state in ('live', 'failed', 'cancelled', 'superseded')))
) with (fillfactor = 70);
create index deployments_workload_idx on deployments.deployments (workload_id, id desc);
create index deployments_step_idx on deployments.deployments (step_at) where finished_at is null;
create index deployments_job_idx on deployments.deployments (job_id) where finished_at is null;
-- At most one deployment is under way in a slot, and at most one waits behind it: a newer one supersedes it.
create unique index deployments_one_active_idx on deployments.deployments (workload_id)
  where state in ('building', 'releasing', 'rolling_out');
create unique index deployments_one_queued_idx on deployments.deployments (workload_id) where state = 'queued';
