-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table deployments.deployments (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid not null,
  workload_id uuid not null,
  cause jsonb not null,
  state text not null,
  job_id uuid,
  build jsonb,
  release_id uuid,
  generation bigint,
  reason jsonb,
  created_by jsonb not null,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  step_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  cancel_requested_by jsonb,
  constraint deployments_pkey PRIMARY KEY (id),
  constraint deployments_check CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['live'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text])))),
  constraint deployments_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'building'::text, 'releasing'::text, 'rolling_out'::text, 'live'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text]))),
  constraint deployments_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE,
  constraint deployments_release_id_fkey FOREIGN KEY (release_id) REFERENCES deployments.releases(id) ON DELETE SET NULL
) with (fillfactor=70);
CREATE INDEX deployments_job_idx ON deployments.deployments USING btree (job_id) WHERE (finished_at IS NULL);
CREATE UNIQUE INDEX deployments_one_active_idx ON deployments.deployments USING btree (workload_id) WHERE (state = ANY (ARRAY['building'::text, 'releasing'::text, 'rolling_out'::text]));
CREATE UNIQUE INDEX deployments_one_queued_idx ON deployments.deployments USING btree (workload_id) WHERE (state = 'queued'::text);
CREATE INDEX deployments_release_idx ON deployments.deployments USING btree (release_id) WHERE (release_id IS NOT NULL);
CREATE INDEX deployments_step_idx ON deployments.deployments USING btree (step_at) WHERE (finished_at IS NULL);
CREATE INDEX deployments_workload_idx ON deployments.deployments USING btree (workload_id, id DESC);

create table deployments.environments (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null,
  created_at timestamp with time zone default now() not null,
  is_protected boolean default false not null,
  constraint environments_pkey PRIMARY KEY (id),
  constraint environments_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint environments_slug_key UNIQUE (project_id, slug),
  constraint environments_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint environments_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.projects (
  id uuid not null,
  organisation_id uuid not null,
  organisation_slug text not null,
  slug text not null,
  created_at timestamp with time zone default now() not null,
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint projects_slug_key UNIQUE (organisation_id, slug),
  constraint projects_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text))
);

create table deployments.releases (
  id uuid not null,
  organisation_id uuid not null,
  workload_id uuid not null,
  number integer not null,
  image jsonb not null,
  settings jsonb not null,
  env_sealed bytea not null,
  source jsonb not null,
  state text not null,
  created_at timestamp with time zone default now() not null,
  files_sealed bytea,
  secret_groups jsonb default '{}'::jsonb not null,
  constraint releases_pkey PRIMARY KEY (id),
  constraint releases_number_key UNIQUE (workload_id, number),
  constraint releases_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint releases_number_check CHECK ((number > 0)),
  constraint releases_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'live'::text, 'superseded'::text, 'failed'::text]))),
  constraint releases_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX releases_one_live_idx ON deployments.releases USING btree (workload_id) WHERE (state = 'live'::text);

create table deployments.secret_attachments (
  organisation_id uuid not null,
  workload_id uuid not null,
  group_id uuid not null,
  kind text not null,
  prefix text default ''::text not null,
  directory text,
  created_at timestamp with time zone default now() not null,
  constraint secret_attachments_pkey PRIMARY KEY (workload_id, group_id),
  constraint secret_attachments_check CHECK (((kind = 'files'::text) = (directory IS NOT NULL))),
  constraint secret_attachments_check1 CHECK (((kind = 'variables'::text) OR (prefix = ''::text))),
  constraint secret_attachments_directory_check CHECK ((directory ~ '^/[A-Za-z0-9._/-]{1,199}$'::text)),
  constraint secret_attachments_kind_check CHECK ((kind = ANY (ARRAY['variables'::text, 'files'::text]))),
  constraint secret_attachments_prefix_check CHECK ((prefix ~ '^([A-Za-z_][A-Za-z0-9_]{0,39})?$'::text)),
  constraint secret_attachments_group_fkey FOREIGN KEY (organisation_id, group_id) REFERENCES deployments.secret_groups(organisation_id, id) ON DELETE RESTRICT,
  constraint secret_attachments_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX secret_attachments_group_idx ON deployments.secret_attachments USING btree (group_id, workload_id);

create table deployments.secret_groups (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone,
  constraint secret_groups_pkey PRIMARY KEY (id),
  constraint secret_groups_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint secret_groups_slug_key UNIQUE (project_id, slug),
  constraint secret_groups_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint secret_groups_version_check CHECK ((version > 0)),
  constraint secret_groups_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.secret_items (
  organisation_id uuid not null,
  group_id uuid not null,
  name text not null,
  value_sealed bytea not null,
  size_bytes integer not null,
  updated_at timestamp with time zone default now() not null,
  constraint secret_items_pkey PRIMARY KEY (group_id, name),
  constraint secret_items_name_check CHECK ((name ~ '^[A-Za-z_][A-Za-z0-9_.-]{0,127}$'::text)),
  constraint secret_items_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint secret_items_organisation_id_group_id_fkey FOREIGN KEY (organisation_id, group_id) REFERENCES deployments.secret_groups(organisation_id, id) ON DELETE CASCADE
);

create table deployments.services (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null,
  source jsonb not null,
  settings jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint services_pkey PRIMARY KEY (id),
  constraint services_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint services_slug_key UNIQUE (project_id, slug),
  constraint services_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint services_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.variables (
  organisation_id uuid not null,
  workload_id uuid not null,
  name text not null,
  value_sealed bytea not null,
  updated_at timestamp with time zone default now() not null,
  constraint variables_pkey PRIMARY KEY (workload_id, name),
  constraint variables_name_check CHECK ((name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'::text)),
  constraint variables_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);

create table deployments.workloads (
  id uuid not null,
  organisation_id uuid not null,
  service_id uuid not null,
  environment_id uuid not null,
  host_label text not null,
  generation bigint default 0 not null,
  last_release_number integer default 0 not null,
  current_release_id uuid,
  constraint workloads_pkey PRIMARY KEY (id),
  constraint workloads_host_label_key UNIQUE (host_label),
  constraint workloads_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint workloads_service_id_environment_id_key UNIQUE (service_id, environment_id),
  constraint workloads_host_label_check CHECK ((length(host_label) <= 63)),
  constraint workloads_organisation_id_current_release_id_fkey FOREIGN KEY (organisation_id, current_release_id) REFERENCES deployments.releases(organisation_id, id),
  constraint workloads_organisation_id_environment_id_fkey FOREIGN KEY (organisation_id, environment_id) REFERENCES deployments.environments(organisation_id, id) ON DELETE CASCADE,
  constraint workloads_organisation_id_service_id_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);
