-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table deployments.branch_heads (
  project_id uuid not null,
  repository text not null,
  branch text not null,
  organisation_id uuid not null,
  commit text not null,
  earlier text[] default '{}'::text[] not null,
  seen_at timestamp with time zone default now() not null,
  constraint branch_heads_pkey PRIMARY KEY (project_id, repository, branch),
  constraint branch_heads_branch_check CHECK ((length(branch) <= 255)),
  constraint branch_heads_commit_check CHECK ((commit ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'::text)),
  constraint branch_heads_earlier_check CHECK ((cardinality(earlier) <= 50)),
  constraint branch_heads_repository_check CHECK ((length(repository) <= 2000)),
  constraint branch_heads_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.canvas_log (
  project_id uuid not null,
  seq bigint not null,
  organisation_id uuid not null,
  client text not null,
  operation_id text not null,
  effect jsonb not null,
  size_bytes integer not null,
  actor jsonb not null,
  at timestamp with time zone default now() not null,
  constraint canvas_log_pkey PRIMARY KEY (project_id, seq),
  constraint canvas_log_operation_key UNIQUE (project_id, client, operation_id),
  constraint canvas_log_client_check CHECK ((length(client) <= 60)),
  constraint canvas_log_operation_id_check CHECK ((length(operation_id) <= 40)),
  constraint canvas_log_project_id_fkey FOREIGN KEY (project_id) REFERENCES deployments.canvases(project_id) ON DELETE CASCADE
);

create table deployments.canvas_nodes (
  project_id uuid not null,
  id uuid not null,
  organisation_id uuid not null,
  kind text not null,
  service_id uuid generated always as (
CASE
    WHEN (kind = 'service'::text) THEN id
    ELSE NULL::uuid
END) stored,
  group_id uuid generated always as (
CASE
    WHEN (kind = 'group'::text) THEN id
    ELSE NULL::uuid
END) stored,
  x double precision not null,
  y double precision not null,
  width integer,
  height integer,
  z integer default 0 not null,
  text text,
  color text,
  version integer default 1 not null,
  updated_by jsonb not null,
  updated_at timestamp with time zone default now() not null,
  constraint canvas_nodes_pkey PRIMARY KEY (project_id, id),
  constraint canvas_nodes_check CHECK (((kind = 'note'::text) = (text IS NOT NULL))),
  constraint canvas_nodes_check1 CHECK (((kind = 'note'::text) = (color IS NOT NULL))),
  constraint canvas_nodes_height_check CHECK (((height >= 20) AND (height <= 20000))),
  constraint canvas_nodes_kind_check CHECK ((kind = ANY (ARRAY['service'::text, 'group'::text, 'note'::text]))),
  constraint canvas_nodes_text_check CHECK ((octet_length(text) <= 4096)),
  constraint canvas_nodes_version_check CHECK ((version > 0)),
  constraint canvas_nodes_width_check CHECK (((width >= 20) AND (width <= 20000))),
  constraint canvas_nodes_x_check CHECK ((abs(x) <= (1000000)::double precision)),
  constraint canvas_nodes_y_check CHECK ((abs(y) <= (1000000)::double precision)),
  constraint canvas_nodes_organisation_id_group_id_fkey FOREIGN KEY (organisation_id, group_id) REFERENCES deployments.groups(organisation_id, id) ON DELETE CASCADE,
  constraint canvas_nodes_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE,
  constraint canvas_nodes_organisation_id_service_id_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX canvas_nodes_group_idx ON deployments.canvas_nodes USING btree (group_id) WHERE (group_id IS NOT NULL);
CREATE INDEX canvas_nodes_service_idx ON deployments.canvas_nodes USING btree (service_id) WHERE (service_id IS NOT NULL);

create table deployments.canvases (
  project_id uuid not null,
  organisation_id uuid not null,
  seq bigint default 0 not null,
  constraint canvases_pkey PRIMARY KEY (project_id),
  constraint canvases_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.change_sets (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  number integer not null,
  author jsonb not null,
  message text default ''::text not null,
  diff jsonb not null,
  applied_at timestamp with time zone default now() not null,
  constraint change_sets_pkey PRIMARY KEY (id),
  constraint change_sets_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint change_sets_project_id_number_key UNIQUE (project_id, number),
  constraint change_sets_message_check CHECK ((length(message) <= 500)),
  constraint change_sets_number_check CHECK ((number > 0)),
  constraint change_sets_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.changes (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  seq bigint not null,
  change jsonb not null,
  value_sealed bytea,
  base_version integer,
  author jsonb not null,
  state text default 'staged'::text not null,
  change_set_id uuid,
  created_at timestamp with time zone default now() not null,
  settled_at timestamp with time zone,
  constraint changes_pkey PRIMARY KEY (id),
  constraint changes_project_id_seq_key UNIQUE (project_id, seq),
  constraint changes_check CHECK (((state = 'staged'::text) = (settled_at IS NULL))),
  constraint changes_check1 CHECK (((state = 'applied'::text) = (change_set_id IS NOT NULL))),
  constraint changes_state_check CHECK ((state = ANY (ARRAY['staged'::text, 'discarded'::text, 'applied'::text]))),
  constraint changes_organisation_id_change_set_id_fkey FOREIGN KEY (organisation_id, change_set_id) REFERENCES deployments.change_sets(organisation_id, id) ON DELETE CASCADE,
  constraint changes_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX changes_staged_idx ON deployments.changes USING btree (project_id, seq) WHERE (state = 'staged'::text);

create table deployments.cron_schedules (
  workload_id uuid not null,
  organisation_id uuid not null,
  look_at timestamp with time zone not null,
  spec text,
  next_at timestamp with time zone,
  constraint cron_schedules_pkey PRIMARY KEY (workload_id),
  constraint cron_schedules_check CHECK (((spec IS NULL) = (next_at IS NULL))),
  constraint cron_schedules_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX cron_schedules_look_idx ON deployments.cron_schedules USING btree (look_at);

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
  run_id uuid,
  requests bigint,
  failed_requests bigint,
  settled_at timestamp with time zone,
  constraint deployments_pkey PRIMARY KEY (id),
  constraint deployments_finished_check CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['live'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text])))),
  constraint deployments_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'building'::text, 'releasing'::text, 'pre_deploying'::text, 'rolling_out'::text, 'post_deploying'::text, 'live'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text]))),
  constraint deployments_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE,
  constraint deployments_release_id_fkey FOREIGN KEY (release_id) REFERENCES deployments.releases(id) ON DELETE SET NULL
) with (fillfactor=70);
CREATE INDEX deployments_job_idx ON deployments.deployments USING btree (job_id) WHERE (finished_at IS NULL);
CREATE UNIQUE INDEX deployments_one_active_idx ON deployments.deployments USING btree (workload_id) WHERE (state = ANY (ARRAY['building'::text, 'releasing'::text, 'pre_deploying'::text, 'rolling_out'::text, 'post_deploying'::text]));
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
  "position" integer default 0 not null,
  branch_pattern text,
  version integer default 1 not null,
  constraint environments_pkey PRIMARY KEY (id),
  constraint environments_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint environments_slug_key UNIQUE (project_id, slug),
  constraint environments_branch_pattern_check CHECK (((branch_pattern ~ '^[^*\s]{0,200}(\*[^*\s]{0,200})?$'::text) AND (branch_pattern <> ''::text))),
  constraint environments_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint environments_version_check CHECK ((version > 0)),
  constraint environments_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.git_credentials (
  service_id uuid not null,
  kind text not null,
  organisation_id uuid not null,
  server text not null,
  public_key text,
  username text,
  known_hosts text,
  secret_sealed bytea not null,
  created_at timestamp with time zone default now() not null,
  constraint git_credentials_pkey PRIMARY KEY (service_id, kind),
  constraint git_credentials_check CHECK (((kind = 'ssh'::text) = (public_key IS NOT NULL))),
  constraint git_credentials_check1 CHECK (((kind = 'ssh'::text) OR (known_hosts IS NULL))),
  constraint git_credentials_kind_check CHECK ((kind = ANY (ARRAY['ssh'::text, 'token'::text]))),
  constraint git_credentials_known_hosts_check CHECK ((length(known_hosts) <= 8192)),
  constraint git_credentials_server_check CHECK ((length(server) <= 300)),
  constraint git_credentials_username_check CHECK ((length(username) <= 200)),
  constraint git_credentials_organisation_id_service_id_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);

create table deployments.groups (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  slug text not null,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  constraint groups_pkey PRIMARY KEY (id),
  constraint groups_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint groups_slug_key UNIQUE (project_id, slug),
  constraint groups_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint groups_version_check CHECK ((version > 0)),
  constraint groups_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.hook_deliveries (
  hook_id uuid not null,
  delivery_id text not null,
  organisation_id uuid not null,
  answer jsonb not null,
  received_at timestamp with time zone default now() not null,
  constraint hook_deliveries_pkey PRIMARY KEY (hook_id, delivery_id),
  constraint hook_deliveries_delivery_id_check CHECK (((length(delivery_id) >= 1) AND (length(delivery_id) <= 200))),
  constraint hook_deliveries_organisation_id_hook_id_fkey FOREIGN KEY (organisation_id, hook_id) REFERENCES deployments.hooks(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX hook_deliveries_received_idx ON deployments.hook_deliveries USING btree (hook_id, received_at);

create table deployments.hooks (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  provider text not null,
  url text not null,
  repository text not null,
  secret_sealed bytea not null,
  former_sealed bytea,
  former_until timestamp with time zone,
  created_by jsonb not null,
  created_at timestamp with time zone default now() not null,
  rotated_at timestamp with time zone,
  last_delivery_at timestamp with time zone,
  constraint hooks_pkey PRIMARY KEY (id),
  constraint hooks_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint hooks_repository_key UNIQUE (project_id, repository),
  constraint hooks_check CHECK (((former_sealed IS NULL) = (former_until IS NULL))),
  constraint hooks_provider_check CHECK ((provider = ANY (ARRAY['github'::text, 'gitlab'::text, 'gitea'::text, 'forgejo'::text, 'generic'::text]))),
  constraint hooks_repository_check CHECK ((length(repository) <= 2000)),
  constraint hooks_url_check CHECK ((length(url) <= 2000)),
  constraint hooks_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);

create table deployments.host_labels (
  label text not null,
  organisation_id uuid not null,
  workload_id uuid not null,
  kind text not null,
  reference text default ''::text not null,
  created_at timestamp with time zone default now() not null,
  retired_at timestamp with time zone,
  constraint host_labels_pkey PRIMARY KEY (label),
  constraint host_labels_workload_id_kind_reference_key UNIQUE (workload_id, kind, reference),
  constraint host_labels_kind_check CHECK ((kind = ANY (ARRAY['main'::text, 'branch'::text, 'deployment'::text]))),
  constraint host_labels_label_check CHECK ((length(label) <= 63)),
  constraint host_labels_reference_check CHECK ((length(reference) <= 255)),
  constraint host_labels_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);

create table deployments.projects (
  id uuid not null,
  organisation_id uuid not null,
  organisation_slug text not null,
  slug text not null,
  created_at timestamp with time zone default now() not null,
  draft_version bigint default 0 not null,
  last_change_set_number integer default 0 not null,
  version integer default 1 not null,
  digest_key_sealed bytea,
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint projects_slug_key UNIQUE (organisation_id, slug),
  constraint projects_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint projects_version_check CHECK ((version > 0))
);

create table deployments.releases (
  id uuid not null,
  organisation_id uuid not null,
  workload_id uuid not null,
  number integer not null,
  image jsonb not null,
  settings jsonb not null,
  env_sealed bytea,
  source jsonb not null,
  state text not null,
  created_at timestamp with time zone default now() not null,
  files_sealed bytea,
  secret_groups jsonb default '{}'::jsonb not null,
  host_labels text[] default '{}'::text[] not null,
  config_digest text,
  is_kept boolean default false not null,
  collected_at timestamp with time zone,
  promoted_from uuid,
  created_by jsonb,
  volumes jsonb default '[]'::jsonb not null,
  image_released_at timestamp with time zone,
  constraint releases_pkey PRIMARY KEY (id),
  constraint releases_number_key UNIQUE (workload_id, number),
  constraint releases_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint releases_collected_check CHECK (
CASE
    WHEN (collected_at IS NULL) THEN ((env_sealed IS NOT NULL) AND (image_released_at IS NULL))
    ELSE ((env_sealed IS NULL) AND (files_sealed IS NULL))
END),
  constraint releases_number_check CHECK ((number > 0)),
  constraint releases_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'live'::text, 'superseded'::text, 'failed'::text]))),
  constraint releases_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE,
  constraint releases_promoted_from_fkey FOREIGN KEY (promoted_from) REFERENCES deployments.releases(id) ON DELETE SET NULL
);
CREATE INDEX releases_image_idx ON deployments.releases USING btree (workload_id) WHERE ((collected_at IS NOT NULL) AND (image_released_at IS NULL));
CREATE UNIQUE INDEX releases_one_live_idx ON deployments.releases USING btree (workload_id) WHERE (state = 'live'::text);

create table deployments.repository_polls (
  id uuid not null,
  organisation_id uuid not null,
  url text not null,
  credential_service_id uuid,
  known_project_ids uuid[] default '{}'::uuid[] not null,
  due_at timestamp with time zone not null,
  polled_at timestamp with time zone,
  failures integer default 0 not null,
  reason text,
  lease_token uuid,
  lease_until timestamp with time zone,
  constraint repository_polls_pkey PRIMARY KEY (id),
  constraint repository_polls_organisation_id_url_credential_service_id_key UNIQUE NULLS NOT DISTINCT (organisation_id, url, credential_service_id),
  constraint repository_polls_reason_check CHECK ((length(reason) <= 2000)),
  constraint repository_polls_url_check CHECK ((length(url) <= 2000))
);
CREATE INDEX repository_polls_due_idx ON deployments.repository_polls USING btree (due_at);

create table deployments.retention_looks (
  workload_id uuid not null,
  organisation_id uuid not null,
  look_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  constraint retention_looks_pkey PRIMARY KEY (workload_id),
  constraint retention_looks_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX retention_looks_due_idx ON deployments.retention_looks USING btree (look_at);

create table deployments.runs (
  id uuid not null,
  organisation_id uuid not null,
  workload_id uuid not null,
  release_id uuid not null,
  release_number integer not null,
  kind text not null,
  scheduled_for timestamp with time zone,
  command jsonb not null,
  argv_sealed bytea,
  timeout_seconds integer not null,
  state text default 'pending'::text not null,
  exit_code integer,
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
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint runs_scheduled_key UNIQUE (workload_id, scheduled_for),
  constraint runs_check CHECK (((kind = 'cron'::text) OR (scheduled_for IS NULL))),
  constraint runs_check1 CHECK (((finished_at IS NULL) = (state = ANY (ARRAY['pending'::text, 'running'::text])))),
  constraint runs_check2 CHECK (((finished_at IS NULL) = (argv_sealed IS NOT NULL))),
  constraint runs_kind_check CHECK ((kind = ANY (ARRAY['command'::text, 'cron'::text]))),
  constraint runs_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text]))),
  constraint runs_timeout_seconds_check CHECK (((timeout_seconds >= 1) AND (timeout_seconds <= 86400))),
  constraint runs_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX runs_due_idx ON deployments.runs USING btree (step_at) WHERE (finished_at IS NULL);
CREATE INDEX runs_workload_idx ON deployments.runs USING btree (workload_id, id);

create table deployments.secret_attachments (
  organisation_id uuid not null,
  workload_id uuid not null,
  group_id uuid not null,
  kind text not null,
  prefix text default ''::text not null,
  directory text,
  created_at timestamp with time zone default now() not null,
  version integer default 1 not null,
  constraint secret_attachments_pkey PRIMARY KEY (workload_id, group_id),
  constraint secret_attachments_check CHECK (((kind = 'files'::text) = (directory IS NOT NULL))),
  constraint secret_attachments_check1 CHECK (((kind = 'variables'::text) OR (prefix = ''::text))),
  constraint secret_attachments_directory_check CHECK ((directory ~ '^/[A-Za-z0-9._/-]{1,199}$'::text)),
  constraint secret_attachments_kind_check CHECK ((kind = ANY (ARRAY['variables'::text, 'files'::text]))),
  constraint secret_attachments_prefix_check CHECK ((prefix ~ '^([A-Za-z_][A-Za-z0-9_]{0,39})?$'::text)),
  constraint secret_attachments_version_check CHECK ((version > 0)),
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
  group_id uuid,
  version integer default 1 not null,
  template text,
  constraint services_pkey PRIMARY KEY (id),
  constraint services_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint services_slug_key UNIQUE (project_id, slug),
  constraint services_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint services_template_check CHECK ((template = ANY (ARRAY['postgres'::text, 'mysql'::text, 'mariadb'::text, 'valkey'::text, 'mongodb'::text]))),
  constraint services_version_check CHECK ((version > 0)),
  constraint services_group_fkey FOREIGN KEY (organisation_id, group_id) REFERENCES deployments.groups(organisation_id, id) ON DELETE SET NULL (group_id),
  constraint services_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX services_group_idx ON deployments.services USING btree (group_id) WHERE (group_id IS NOT NULL);

create table deployments.teardowns (
  workload_id uuid not null,
  organisation_id uuid not null,
  deployment_ids uuid[] not null,
  created_at timestamp with time zone default now() not null,
  step_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  state text default 'removing'::text not null,
  open_count integer default 0 not null,
  done_count integer default 0 not null,
  constraint teardowns_pkey PRIMARY KEY (workload_id),
  constraint teardowns_done_count_check CHECK ((done_count >= 0)),
  constraint teardowns_open_count_check CHECK ((open_count >= 0)),
  constraint teardowns_state_check CHECK ((state = ANY (ARRAY['removing'::text, 'settling'::text])))
);
CREATE INDEX teardowns_step_idx ON deployments.teardowns USING btree (step_at);

create table deployments.variables (
  organisation_id uuid not null,
  workload_id uuid,
  name text not null,
  value_sealed bytea not null,
  updated_at timestamp with time zone default now() not null,
  scope text not null,
  scope_id uuid not null,
  project_id uuid not null,
  environment_id uuid,
  group_id uuid,
  service_id uuid,
  refs jsonb default '[]'::jsonb not null,
  version integer default 1 not null,
  constraint variables_pkey PRIMARY KEY (scope_id, name),
  constraint variables_name_check CHECK ((name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'::text)),
  constraint variables_place_check CHECK (((scope_id =
CASE scope
    WHEN 'project'::text THEN project_id
    WHEN 'environment'::text THEN environment_id
    WHEN 'group'::text THEN group_id
    WHEN 'service'::text THEN service_id
    ELSE workload_id
END) AND (num_nonnulls(environment_id, group_id, service_id, workload_id) =
CASE scope
    WHEN 'project'::text THEN 0
    ELSE 1
END))),
  constraint variables_scope_check CHECK ((scope = ANY (ARRAY['project'::text, 'environment'::text, 'group'::text, 'service'::text, 'workload'::text]))),
  constraint variables_version_check CHECK ((version > 0)),
  constraint variables_environment_fkey FOREIGN KEY (organisation_id, environment_id) REFERENCES deployments.environments(organisation_id, id) ON DELETE CASCADE,
  constraint variables_group_fkey FOREIGN KEY (organisation_id, group_id) REFERENCES deployments.groups(organisation_id, id) ON DELETE CASCADE,
  constraint variables_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE,
  constraint variables_project_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES deployments.projects(organisation_id, id) ON DELETE CASCADE,
  constraint variables_service_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX variables_project_idx ON deployments.variables USING btree (project_id);

create table deployments.volume_data (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  volume_id uuid not null,
  workload_id uuid not null,
  node_id uuid,
  created_at timestamp with time zone default now() not null,
  removed_at timestamp with time zone,
  was jsonb,
  epoch bigint default 0 not null,
  delete_at timestamp with time zone,
  task_id uuid,
  reason jsonb,
  step_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  constraint volume_data_pkey PRIMARY KEY (id),
  constraint volume_data_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint volume_data_check CHECK (((removed_at IS NULL) = (was IS NULL))),
  constraint volume_data_check1 CHECK (((removed_at IS NULL) = (delete_at IS NULL))),
  constraint volume_data_check2 CHECK (((task_id IS NULL) OR (removed_at IS NOT NULL)))
);
CREATE INDEX volume_data_delete_idx ON deployments.volume_data USING btree (delete_at) WHERE (removed_at IS NOT NULL);
CREATE UNIQUE INDEX volume_data_in_use_key ON deployments.volume_data USING btree (volume_id, workload_id) WHERE (removed_at IS NULL);
CREATE INDEX volume_data_kept_idx ON deployments.volume_data USING btree (project_id, id) WHERE (removed_at IS NOT NULL);
CREATE INDEX volume_data_workload_idx ON deployments.volume_data USING btree (workload_id);

create table deployments.volume_operations (
  id uuid not null,
  organisation_id uuid not null,
  workload_id uuid not null,
  data_id uuid not null,
  kind text not null,
  state text default 'pending'::text not null,
  step text,
  is_exclusive boolean not null,
  has_stop boolean,
  node_id uuid,
  snapshot_id uuid,
  saved_id uuid,
  size_mib integer,
  stop_generation integer,
  start_generation integer,
  start_tries integer default 0 not null,
  save_task_id uuid not null,
  work_task_id uuid not null,
  undo_task_id uuid not null,
  reason jsonb,
  created_by jsonb not null,
  created_at timestamp with time zone default now() not null,
  deadline_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  step_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  constraint volume_operations_pkey PRIMARY KEY (id),
  constraint volume_operations_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint volume_operations_check CHECK (((finished_at IS NULL) = (state = ANY (ARRAY['pending'::text, 'running'::text])))),
  constraint volume_operations_check1 CHECK (((step IS NOT NULL) = (state = 'running'::text))),
  constraint volume_operations_check2 CHECK (((kind = ANY (ARRAY['snapshot'::text, 'restore'::text])) = (snapshot_id IS NOT NULL))),
  constraint volume_operations_check3 CHECK (((kind = 'resize'::text) = (size_mib IS NOT NULL))),
  constraint volume_operations_check4 CHECK (((saved_id IS NULL) OR (kind = 'restore'::text))),
  constraint volume_operations_kind_check CHECK ((kind = ANY (ARRAY['snapshot'::text, 'restore'::text, 'reset'::text, 'resize'::text]))),
  constraint volume_operations_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text]))),
  constraint volume_operations_step_check CHECK ((step = ANY (ARRAY['stopping'::text, 'saving'::text, 'working'::text, 'undoing'::text, 'starting'::text]))),
  constraint volume_operations_organisation_id_workload_id_fkey FOREIGN KEY (organisation_id, workload_id) REFERENCES deployments.workloads(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX volume_operations_data_idx ON deployments.volume_operations USING btree (data_id, id);
CREATE INDEX volume_operations_due_idx ON deployments.volume_operations USING btree (step_at) WHERE (finished_at IS NULL);
CREATE UNIQUE INDEX volume_operations_exclusive_key ON deployments.volume_operations USING btree (workload_id) WHERE ((finished_at IS NULL) AND is_exclusive);
CREATE UNIQUE INDEX volume_operations_volume_key ON deployments.volume_operations USING btree (data_id) WHERE (finished_at IS NULL);
CREATE INDEX volume_operations_workload_idx ON deployments.volume_operations USING btree (workload_id);

create table deployments.volume_snapshots (
  id uuid not null,
  organisation_id uuid not null,
  data_id uuid not null,
  state text default 'taking'::text not null,
  origin text not null,
  note text,
  node_id uuid,
  bytes bigint,
  sha256 text,
  consistent boolean,
  created_by jsonb not null,
  created_at timestamp with time zone default now() not null,
  remove_task_id uuid,
  step_at timestamp with time zone default now() not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  attempt integer default 0 not null,
  constraint volume_snapshots_pkey PRIMARY KEY (id),
  constraint volume_snapshots_check CHECK (((state <> 'ready'::text) OR ((node_id IS NOT NULL) AND (bytes IS NOT NULL) AND (sha256 IS NOT NULL) AND (consistent IS NOT NULL)))),
  constraint volume_snapshots_note_check CHECK (((length(note) >= 1) AND (length(note) <= 200))),
  constraint volume_snapshots_origin_check CHECK ((origin = ANY (ARRAY['request'::text, 'before-restore'::text]))),
  constraint volume_snapshots_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint volume_snapshots_state_check CHECK ((state = ANY (ARRAY['taking'::text, 'ready'::text, 'removing'::text])))
);
CREATE INDEX volume_snapshots_data_idx ON deployments.volume_snapshots USING btree (data_id, id);
CREATE INDEX volume_snapshots_due_idx ON deployments.volume_snapshots USING btree (step_at);

create table deployments.volume_usage (
  data_id uuid not null,
  organisation_id uuid not null,
  bytes bigint not null,
  files bigint not null,
  size_mib integer,
  enforced boolean not null,
  measured_at timestamp with time zone not null,
  constraint volume_usage_pkey PRIMARY KEY (data_id)
);

create table deployments.volumes (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid not null,
  slug text not null,
  path text not null,
  size_mib integer,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  constraint volumes_pkey PRIMARY KEY (id),
  constraint volumes_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint volumes_slug_key UNIQUE (service_id, slug),
  constraint volumes_path_check CHECK ((path ~~ '/%'::text)),
  constraint volumes_size_mib_check CHECK (((size_mib >= 1) AND (size_mib <= 16777216))),
  constraint volumes_version_check CHECK ((version > 0)),
  constraint volumes_organisation_id_service_id_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX volumes_project_idx ON deployments.volumes USING btree (project_id);

create table deployments.workloads (
  id uuid not null,
  organisation_id uuid not null,
  service_id uuid not null,
  environment_id uuid not null,
  host_label text not null,
  generation bigint default 0 not null,
  last_release_number integer default 0 not null,
  current_release_id uuid,
  overrides jsonb default '{}'::jsonb not null,
  version integer default 1 not null,
  volume_node_id uuid,
  constraint workloads_pkey PRIMARY KEY (id),
  constraint workloads_host_label_key UNIQUE (host_label),
  constraint workloads_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint workloads_service_id_environment_id_key UNIQUE (service_id, environment_id),
  constraint workloads_host_label_check CHECK ((length(host_label) <= 63)),
  constraint workloads_version_check CHECK ((version > 0)),
  constraint workloads_organisation_id_current_release_id_fkey FOREIGN KEY (organisation_id, current_release_id) REFERENCES deployments.releases(organisation_id, id),
  constraint workloads_organisation_id_environment_id_fkey FOREIGN KEY (organisation_id, environment_id) REFERENCES deployments.environments(organisation_id, id) ON DELETE CASCADE,
  constraint workloads_organisation_id_service_id_fkey FOREIGN KEY (organisation_id, service_id) REFERENCES deployments.services(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX workloads_environment_idx ON deployments.workloads USING btree (environment_id);
