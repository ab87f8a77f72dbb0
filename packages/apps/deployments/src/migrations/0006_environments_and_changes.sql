-- Environments are many: in order, each with the branches that are deployed to it. A service has a workload in each.
alter table deployments.environments
  add column position integer not null default 0,
  add column branch_pattern text check (branch_pattern ~ '^[^*\s]{0,200}(\*[^*\s]{0,200})?$' and branch_pattern <> ''),
  add column version integer not null default 1 check (version > 0);

alter table deployments.projects
  -- The number of the newest staged change, and of the newest set of changes that was applied.
  add column draft_version bigint not null default 0,
  add column last_change_set_number integer not null default 0,
  add column version integer not null default 1 check (version > 0);

create table deployments.groups (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  unique (organisation_id, id),
  constraint groups_slug_key unique (project_id, slug),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

alter table deployments.services
  add column group_id uuid,
  add column version integer not null default 1 check (version > 0),
  add constraint services_group_fkey foreign key (organisation_id, group_id)
    references deployments.groups (organisation_id, id) on delete set null (group_id);
create index services_group_idx on deployments.services (group_id) where group_id is not null;

alter table deployments.workloads
  -- What is different in this environment: some of the service's settings.
  add column overrides jsonb not null default '{}',
  add column version integer not null default 1 check (version > 0);
create index workloads_environment_idx on deployments.workloads (environment_id);

-- Other names under which a workload answers; its own is workloads.host_label. All labels are of one name space.
create table deployments.host_labels (
  label text primary key check (length(label) <= 63),
  organisation_id uuid not null,
  workload_id uuid not null,
  kind text not null check (kind in ('main', 'branch', 'deployment')),
  -- The branch or the id of the deployment; empty for the workload's own.
  reference text not null default '' check (length(reference) <= 255),
  created_at timestamptz not null default now(),
  unique (workload_id, kind, reference),
  foreign key (organisation_id, workload_id) references deployments.workloads (organisation_id, id) on delete cascade
);
insert into deployments.host_labels (label, organisation_id, workload_id, kind)
select host_label, organisation_id, id, 'main' from deployments.workloads;

-- Variables of every scope. What a value is sealed for names `scope_id`, which for those there were is the workload.
alter table deployments.variables
  drop constraint variables_pkey,
  add column scope text not null default 'workload'
    check (scope in ('project', 'environment', 'group', 'service', 'workload')),
  add column scope_id uuid,
  add column project_id uuid,
  add column environment_id uuid,
  add column group_id uuid,
  add column service_id uuid,
  -- What the value refers to, as [{"kind", "id", "name"}]: names and ids only, no part of the value.
  add column refs jsonb not null default '[]',
  add column version integer not null default 1 check (version > 0),
  alter column workload_id drop not null;
update deployments.variables v set scope_id = w.id, project_id = s.project_id
from deployments.workloads w
join deployments.services s on s.id = w.service_id
where w.id = v.workload_id;
alter table deployments.variables
  alter column scope drop default,
  alter column scope_id set not null,
  alter column project_id set not null,
  add constraint variables_pkey primary key (scope_id, name),
  add constraint variables_place_check check (
    scope_id = case scope
      when 'project' then project_id
      when 'environment' then environment_id
      when 'group' then group_id
      when 'service' then service_id
      else workload_id
    end
    and num_nonnulls(environment_id, group_id, service_id, workload_id) = case scope when 'project' then 0 else 1 end
  ),
  add constraint variables_project_fkey foreign key (organisation_id, project_id)
    references deployments.projects (organisation_id, id) on delete cascade,
  add constraint variables_environment_fkey foreign key (organisation_id, environment_id)
    references deployments.environments (organisation_id, id) on delete cascade,
  add constraint variables_group_fkey foreign key (organisation_id, group_id)
    references deployments.groups (organisation_id, id) on delete cascade,
  add constraint variables_service_fkey foreign key (organisation_id, service_id)
    references deployments.services (organisation_id, id) on delete cascade;
create index variables_project_idx on deployments.variables (project_id);

-- Sets of changes as they were applied: the history of a project's configuration.
create table deployments.change_sets (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  number integer not null check (number > 0),
  author jsonb not null,
  message text not null default '' check (length(message) <= 500),
  -- What was different, value by value, without secrets.
  diff jsonb not null,
  applied_at timestamptz not null default now(),
  unique (project_id, number),
  unique (organisation_id, id),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

-- The draft of a project: what people want to change and did not apply yet. Rows are only added and settled.
create table deployments.changes (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  seq bigint not null,
  change jsonb not null,
  -- The value of a variable, which is no part of `change`.
  value_sealed bytea,
  -- The version of what it changes, as its author saw it; null for what it makes.
  base_version integer,
  author jsonb not null,
  state text not null default 'staged' check (state in ('staged', 'discarded', 'applied')),
  change_set_id uuid,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  unique (project_id, seq),
  check ((state = 'staged') = (settled_at is null)),
  check ((state = 'applied') = (change_set_id is not null)),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade,
  foreign key (organisation_id, change_set_id) references deployments.change_sets (organisation_id, id) on delete cascade
);
create index changes_staged_idx on deployments.changes (project_id, seq) where state = 'staged';

alter table deployments.releases
  -- Where it answers: labels under the base domain.
  add column host_labels text[] not null default '{}',
  -- A digest of all that it is made of besides the image; two releases with one digest differ in nothing else.
  add column config_digest text,
  -- Held by hand: no retention removes it.
  add column is_kept boolean not null default false,
  -- Its image was given back, so it cannot run again.
  add column collected_at timestamptz,
  add column promoted_from uuid references deployments.releases (id) on delete set null,
  add column created_by jsonb;
update deployments.releases r set host_labels = array[w.host_label]
from deployments.workloads w where w.id = r.workload_id;

alter table deployments.deployments
  drop constraint deployments_check,
  drop constraint deployments_state_check,
  -- The one-off command that it waits for, and how many of the requests during its switch failed.
  add column run_id uuid,
  add column requests bigint,
  add column failed_requests bigint,
  add column settled_at timestamptz,
  add constraint deployments_state_check check (state in ('queued', 'building', 'releasing', 'pre_deploying',
    'rolling_out', 'post_deploying', 'live', 'failed', 'cancelled', 'superseded')),
  add constraint deployments_finished_check
    check ((finished_at is not null) = (state in ('live', 'failed', 'cancelled', 'superseded')));
drop index deployments.deployments_one_active_idx;
create unique index deployments_one_active_idx on deployments.deployments (workload_id)
  where state in ('building', 'releasing', 'pre_deploying', 'rolling_out', 'post_deploying');

-- What is left of workloads that were removed: still running, building, pinned. A loop takes it away.
create table deployments.teardowns (
  workload_id uuid primary key,
  organisation_id uuid not null,
  -- Deployments whose builds are to be cancelled and whose images are to be given back.
  deployment_ids uuid[] not null,
  created_at timestamptz not null default now(),
  step_at timestamptz not null default now(),
  lease_token uuid,
  lease_until timestamptz,
  attempt integer not null default 0
);
create index teardowns_step_idx on deployments.teardowns (step_at);

alter table deployments.secret_attachments
  add column version integer not null default 1 check (version > 0);

-- Digests of configurations are made with this key, so that they tell nothing of short secrets. Made when first needed.
alter table deployments.projects
  add column digest_key_sealed bytea;
