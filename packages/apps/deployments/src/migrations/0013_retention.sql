-- Retention: releases that are not kept any more give back their image, variables and files.
alter table deployments.releases
  alter column env_sealed drop not null,
  -- When the registry let go of the image of a collected release; until then it is to be told.
  add column image_released_at timestamptz,
  add constraint releases_collected_check check (
    case when collected_at is null then env_sealed is not null and image_released_at is null
      else env_sealed is null and files_sealed is null end
  );
create index releases_image_idx on deployments.releases (workload_id)
  where collected_at is not null and image_released_at is null;

-- When the releases of a workload are looked at next, and by whom. Workloads without a release have no row.
create table deployments.retention_looks (
  workload_id uuid primary key,
  organisation_id uuid not null,
  look_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0,
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
create index retention_looks_due_idx on deployments.retention_looks (look_at);
insert into deployments.retention_looks (workload_id, organisation_id)
select distinct workload_id, organisation_id from deployments.releases;

-- What is left of a removed workload is taken away piece by piece: first what may still be at work.
alter table deployments.teardowns
  add column state text not null default 'removing' check (state in ('removing', 'settling')),
  -- How many of `deployment_ids`, from its beginning, were not over when the workload went.
  add column open_count integer not null default 0 check (open_count >= 0),
  -- How many of them are done with.
  add column done_count integer not null default 0 check (done_count >= 0);
update deployments.teardowns set open_count = cardinality(deployment_ids);
