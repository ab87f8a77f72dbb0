-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

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
  constraint releases_pkey PRIMARY KEY (workload_id, generation),
  constraint releases_workload_id_fkey FOREIGN KEY (workload_id) REFERENCES clusters.workloads(id) ON DELETE CASCADE
);

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
  constraint replicas_pkey PRIMARY KEY (id),
  constraint replicas_check CHECK (((host IS NULL) = (port IS NULL))),
  constraint replicas_check1 CHECK (((role = 'stopping'::text) = (stop_generation IS NOT NULL))),
  constraint replicas_check2 CHECK (((role <> 'draining'::text) OR ((drain_revision IS NOT NULL) AND (drain_since IS NOT NULL)))),
  constraint replicas_role_check CHECK ((role = ANY (ARRAY['candidate'::text, 'serving'::text, 'draining'::text, 'stopping'::text]))),
  constraint replicas_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'pulling'::text, 'starting'::text, 'running'::text, 'ready'::text, 'unhealthy'::text, 'exited'::text, 'failed'::text, 'stopped'::text]))),
  constraint replicas_node_id_fkey FOREIGN KEY (node_id) REFERENCES clusters.nodes(id) ON DELETE RESTRICT,
  constraint replicas_workload_id_generation_fkey FOREIGN KEY (workload_id, generation) REFERENCES clusters.releases(workload_id, generation) ON DELETE RESTRICT
);
CREATE INDEX replicas_node_idx ON clusters.replicas USING btree (node_id, id);
CREATE UNIQUE INDEX replicas_one_candidate ON clusters.replicas USING btree (workload_id) WHERE (role = 'candidate'::text);
CREATE UNIQUE INDEX replicas_one_serving ON clusters.replicas USING btree (workload_id) WHERE (role = 'serving'::text);
CREATE INDEX replicas_workload_idx ON clusters.replicas USING btree (workload_id, generation);

create table clusters.route_table (
  only_one boolean default true not null,
  revision bigint default 1 not null,
  constraint route_table_pkey PRIMARY KEY (only_one),
  constraint route_table_only_one_check CHECK (only_one),
  constraint route_table_revision_check CHECK ((revision >= 1))
);

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
  constraint workloads_pkey PRIMARY KEY (id),
  constraint workloads_check CHECK (((rollout_finished_at IS NULL) = (rollout_state = ANY (ARRAY['running'::text, 'switching'::text])))),
  constraint workloads_check1 CHECK (((rollout_state <> 'switching'::text) OR ((switch_revision IS NOT NULL) AND (switched_at IS NOT NULL)))),
  constraint workloads_check2 CHECK (((serving_generation IS NULL) = (serving_since IS NULL))),
  constraint workloads_generation_check CHECK ((generation >= 1)),
  constraint workloads_rollout_state_check CHECK ((rollout_state = ANY (ARRAY['running'::text, 'switching'::text, 'succeeded'::text, 'failed'::text, 'aborted'::text])))
);
CREATE INDEX workloads_due_idx ON clusters.workloads USING btree (due_at, id) WHERE (due_at IS NOT NULL);
