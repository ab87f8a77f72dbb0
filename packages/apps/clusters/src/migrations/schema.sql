-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table clusters.given_up (
  workload_id uuid not null,
  generation bigint not null,
  given_up_at timestamp with time zone not null,
  constraint given_up_pkey PRIMARY KEY (workload_id),
  constraint given_up_generation_check CHECK ((generation >= 1))
);

create table clusters.nodes (
  id uuid not null,
  name text not null,
  engine text not null,
  engine_version text not null,
  version text not null,
  os text,
  arch text,
  cpus double precision not null,
  memory_mib bigint not null,
  generation bigint default 1 not null,
  report_sequence bigint default 0 not null,
  registered_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone not null,
  constraint nodes_pkey PRIMARY KEY (id),
  constraint nodes_engine_check CHECK ((engine = ANY (ARRAY['docker'::text, 'process'::text]))),
  constraint nodes_generation_check CHECK ((generation >= 1)),
  constraint nodes_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120)))
);

create table clusters.releases (
  workload_id uuid not null,
  generation bigint not null,
  release_id uuid not null,
  number integer not null,
  spec jsonb not null,
  sealed_env bytea not null,
  created_at timestamp with time zone default now() not null,
  organisation_id uuid not null,
  sealed_files bytea,
  traffic_revision bigint,
  traffic_before jsonb,
  drained_at timestamp with time zone,
  settled_at timestamp with time zone,
  requests bigint,
  failed_requests bigint,
  constraint releases_pkey PRIMARY KEY (workload_id, generation),
  constraint releases_check CHECK (((settled_at IS NULL) OR (drained_at IS NOT NULL))),
  constraint releases_failed_requests_check CHECK ((failed_requests >= 0)),
  constraint releases_requests_check CHECK ((requests >= 0)),
  constraint releases_workload_id_fkey FOREIGN KEY (workload_id) REFERENCES clusters.workloads(id) ON DELETE CASCADE
);
CREATE INDEX releases_cron_idx ON clusters.releases USING btree (workload_id) WHERE ((spec ->> 'kind'::text) = 'cron'::text);
CREATE INDEX releases_measuring_idx ON clusters.releases USING btree (workload_id) WHERE ((traffic_revision IS NOT NULL) AND (settled_at IS NULL));

create table clusters.removed_workloads (
  id uuid not null,
  removed_at timestamp with time zone not null,
  constraint removed_workloads_pkey PRIMARY KEY (id)
);

create table clusters.replicas (
  id uuid not null,
  workload_id uuid not null,
  generation bigint not null,
  node_id uuid not null,
  role text not null,
  state text default 'pending'::text not null,
  state_since timestamp with time zone not null,
  host text,
  port integer,
  ready_at timestamp with time zone,
  started_at timestamp with time zone,
  restarts integer default 0 not null,
  reason jsonb,
  drain_revision bigint,
  drain_since timestamp with time zone,
  drain_acknowledged_at timestamp with time zone,
  stop_generation bigint,
  stopped_at timestamp with time zone,
  created_at timestamp with time zone not null,
  ordinal integer default 0 not null,
  exit_code integer,
  constraint replicas_pkey PRIMARY KEY (id),
  constraint replicas_check CHECK (((host IS NULL) = (port IS NULL))),
  constraint replicas_check1 CHECK (((role = 'stopping'::text) = (stop_generation IS NOT NULL))),
  constraint replicas_check2 CHECK (((role <> 'draining'::text) OR ((drain_revision IS NOT NULL) AND (drain_since IS NOT NULL)))),
  constraint replicas_ordinal_check CHECK (((ordinal >= 0) AND (ordinal <= 49))),
  constraint replicas_role_check CHECK ((role = ANY (ARRAY['candidate'::text, 'canary'::text, 'serving'::text, 'draining'::text, 'stopping'::text]))),
  constraint replicas_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'pulling'::text, 'starting'::text, 'running'::text, 'ready'::text, 'unhealthy'::text, 'exited'::text, 'failed'::text, 'stopped'::text]))),
  constraint replicas_node_id_fkey FOREIGN KEY (node_id) REFERENCES clusters.nodes(id) ON DELETE RESTRICT,
  constraint replicas_workload_id_generation_fkey FOREIGN KEY (workload_id, generation) REFERENCES clusters.releases(workload_id, generation) ON DELETE RESTRICT
);
CREATE INDEX replicas_node_idx ON clusters.replicas USING btree (node_id, id);
CREATE UNIQUE INDEX replicas_one_candidate ON clusters.replicas USING btree (workload_id, generation, ordinal) WHERE (role = ANY (ARRAY['candidate'::text, 'canary'::text]));
CREATE UNIQUE INDEX replicas_one_serving ON clusters.replicas USING btree (workload_id, generation, ordinal) WHERE (role = 'serving'::text);
CREATE INDEX replicas_workload_idx ON clusters.replicas USING btree (workload_id, generation);

create table clusters.route_table (
  only_one boolean default true not null,
  revision bigint default 1 not null,
  constraint route_table_pkey PRIMARY KEY (only_one),
  constraint route_table_only_one_check CHECK (only_one),
  constraint route_table_revision_check CHECK ((revision >= 1))
);

create table clusters.runs (
  id uuid not null,
  workload_id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  project_slug text not null,
  service_slug text not null,
  spec jsonb not null,
  sealed_env bytea,
  sealed_files bytea,
  command jsonb not null,
  timeout_seconds integer not null,
  wanted_node_id uuid,
  node_id uuid,
  state text default 'pending'::text not null,
  observed text default 'pending'::text not null,
  exit_code integer,
  reason jsonb,
  created_at timestamp with time zone not null,
  placed_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  stop_generation bigint,
  gone_at timestamp with time zone,
  due_at timestamp with time zone,
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_check CHECK (((finished_at IS NULL) = (state = ANY (ARRAY['pending'::text, 'running'::text])))),
  constraint runs_check1 CHECK (((node_id IS NULL) = (placed_at IS NULL))),
  constraint runs_check2 CHECK (((finished_at IS NOT NULL) OR (sealed_env IS NOT NULL))),
  constraint runs_observed_check CHECK ((observed = ANY (ARRAY['pending'::text, 'pulling'::text, 'starting'::text, 'running'::text, 'ready'::text, 'unhealthy'::text, 'exited'::text, 'failed'::text, 'stopped'::text]))),
  constraint runs_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint runs_timeout_seconds_check CHECK (((timeout_seconds >= 1) AND (timeout_seconds <= 86400))),
  constraint runs_node_id_fkey FOREIGN KEY (node_id) REFERENCES clusters.nodes(id) ON DELETE RESTRICT
);
CREATE INDEX runs_due_idx ON clusters.runs USING btree (due_at, id) WHERE (due_at IS NOT NULL);
CREATE INDEX runs_finished_idx ON clusters.runs USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_node_idx ON clusters.runs USING btree (node_id, id) WHERE ((node_id IS NOT NULL) AND (gone_at IS NULL));
CREATE INDEX runs_unfinished_idx ON clusters.runs USING btree (workload_id, id) WHERE (finished_at IS NULL);

create table clusters.shells (
  id uuid not null,
  workload_id uuid not null,
  replica_id uuid not null,
  node_id uuid not null,
  spec jsonb not null,
  created_at timestamp with time zone not null,
  joined_at timestamp with time zone,
  alive_at timestamp with time zone not null,
  constraint shells_pkey PRIMARY KEY (id),
  constraint shells_node_id_fkey FOREIGN KEY (node_id) REFERENCES clusters.nodes(id) ON DELETE CASCADE
);
CREATE INDEX shells_alive_idx ON clusters.shells USING btree (alive_at);
CREATE INDEX shells_node_idx ON clusters.shells USING btree (node_id) WHERE (joined_at IS NULL);

create table clusters.tasks (
  id uuid not null,
  node_id uuid not null,
  epoch bigint default 0 not null,
  spec jsonb not null,
  timeout_seconds integer not null,
  state text default 'pending'::text not null,
  result jsonb,
  reason jsonb,
  created_at timestamp with time zone not null,
  deadline_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_check CHECK (((finished_at IS NULL) = (state = ANY (ARRAY['pending'::text, 'running'::text])))),
  constraint tasks_check1 CHECK (((state = 'succeeded'::text) = (result IS NOT NULL))),
  constraint tasks_check2 CHECK (((state = 'failed'::text) = (reason IS NOT NULL))),
  constraint tasks_epoch_check CHECK ((epoch >= 0)),
  constraint tasks_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text]))),
  constraint tasks_timeout_seconds_check CHECK (((timeout_seconds >= 1) AND (timeout_seconds <= 86400))),
  constraint tasks_node_id_fkey FOREIGN KEY (node_id) REFERENCES clusters.nodes(id) ON DELETE CASCADE
);
CREATE INDEX tasks_deadline_idx ON clusters.tasks USING btree (deadline_at) WHERE (finished_at IS NULL);
CREATE INDEX tasks_finished_idx ON clusters.tasks USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX tasks_open_idx ON clusters.tasks USING btree (node_id, created_at, id) WHERE (finished_at IS NULL);

create table clusters.workloads (
  id uuid not null,
  organisation_id uuid not null,
  project_id uuid not null,
  project_slug text not null,
  service_slug text not null,
  pinned_node_id uuid,
  generation bigint not null,
  aborted_generation bigint default 0 not null,
  removing boolean default false not null,
  rollout_state text not null,
  rollout_reason jsonb,
  rollout_started_at timestamp with time zone not null,
  rollout_finished_at timestamp with time zone,
  switch_revision bigint,
  switched_at timestamp with time zone,
  serving_generation bigint,
  serving_since timestamp with time zone,
  hosts text[] not null,
  targets jsonb default '[]'::jsonb not null,
  due_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  volume_node_id uuid,
  off_since timestamp with time zone,
  phase text default 'starting'::text not null,
  phase_since timestamp with time zone,
  step_index integer,
  step_revision bigint,
  step_acknowledged_at timestamp with time zone,
  step_passed_at timestamp with time zone,
  step_measure jsonb,
  repair_count integer default 0 not null,
  repair_at timestamp with time zone,
  constraint workloads_pkey PRIMARY KEY (id),
  constraint workloads_check CHECK (((rollout_finished_at IS NULL) = (rollout_state = ANY (ARRAY['running'::text, 'switching'::text])))),
  constraint workloads_check1 CHECK (((rollout_state <> 'switching'::text) OR ((switch_revision IS NOT NULL) AND (switched_at IS NOT NULL)))),
  constraint workloads_check2 CHECK (((serving_generation IS NULL) = (serving_since IS NULL))),
  constraint workloads_check3 CHECK (((phase = 'starting'::text) OR (phase_since IS NOT NULL))),
  constraint workloads_check4 CHECK (((phase <> 'canary'::text) OR ((step_index IS NOT NULL) AND (step_revision IS NOT NULL)))),
  constraint workloads_check5 CHECK (((phase <> 'restoring'::text) OR (rollout_reason IS NOT NULL))),
  constraint workloads_check6 CHECK (((phase = 'starting'::text) OR (rollout_state = 'running'::text))),
  constraint workloads_generation_check CHECK ((generation >= 1)),
  constraint workloads_phase_check CHECK ((phase = ANY (ARRAY['starting'::text, 'canary'::text, 'restoring'::text]))),
  constraint workloads_repair_count_check CHECK ((repair_count >= 0)),
  constraint workloads_rollout_state_check CHECK ((rollout_state = ANY (ARRAY['running'::text, 'switching'::text, 'succeeded'::text, 'failed'::text, 'aborted'::text])))
);
CREATE INDEX workloads_due_idx ON clusters.workloads USING btree (due_at, id) WHERE (due_at IS NOT NULL);
