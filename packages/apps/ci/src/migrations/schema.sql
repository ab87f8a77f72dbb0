-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table ci.job_secrets (
  job_id uuid not null,
  organisation_id uuid not null,
  secrets_sealed bytea not null,
  created_at timestamp with time zone default now() not null,
  constraint job_secrets_pkey PRIMARY KEY (job_id),
  constraint job_secrets_job_id_fkey FOREIGN KEY (job_id) REFERENCES ci.jobs(id) ON DELETE CASCADE
);

create table ci.jobs (
  id uuid not null,
  organisation_id uuid not null,
  key text not null,
  kind text not null,
  state text not null,
  labels text[] default '{}'::text[] not null,
  priority integer default 0 not null,
  spec jsonb not null,
  upload_id uuid,
  attempt integer default 0 not null,
  max_attempts integer default 2 not null,
  timeout_seconds integer not null,
  run_at timestamp with time zone default now() not null,
  runner_id text,
  lease_token uuid,
  lease_until timestamp with time zone,
  deadline_at timestamp with time zone,
  cancel_requested boolean default false not null,
  result jsonb,
  reason jsonb,
  log_state text default 'absent'::text not null,
  log_step_at timestamp with time zone default now() not null,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint jobs_pkey PRIMARY KEY (id),
  constraint jobs_key_key UNIQUE (organisation_id, key),
  constraint jobs_attempt_check CHECK ((attempt >= 0)),
  constraint jobs_attempts_check CHECK ((attempt <= max_attempts)),
  constraint jobs_claimable_check CHECK (((state <> ALL (ARRAY['queued'::text, 'running'::text])) OR (log_state <> 'absent'::text))),
  constraint jobs_finished_check CHECK (((state = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
  constraint jobs_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint jobs_kind_check CHECK ((kind = ANY (ARRAY['build'::text, 'list_refs'::text]))),
  constraint jobs_log_state_check CHECK ((log_state = ANY (ARRAY['absent'::text, 'open'::text, 'ended'::text, 'none'::text]))),
  constraint jobs_max_attempts_check CHECK ((max_attempts > 0)),
  constraint jobs_reason_check CHECK (((state = 'failed'::text) = (reason IS NOT NULL))),
  constraint jobs_result_check CHECK (((state = 'succeeded'::text) = (result IS NOT NULL))),
  constraint jobs_running_check CHECK ((((state = 'running'::text) = (lease_until IS NOT NULL)) AND ((state <> 'running'::text) OR ((runner_id IS NOT NULL) AND (lease_token IS NOT NULL) AND (started_at IS NOT NULL) AND (deadline_at IS NOT NULL))))),
  constraint jobs_state_check CHECK ((state = ANY (ARRAY['preparing'::text, 'queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint jobs_timeout_seconds_check CHECK ((timeout_seconds > 0)),
  constraint jobs_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES ci.uploads(id) ON DELETE SET NULL
) with (autovacuum_vacuum_scale_factor=0.01, fillfactor=70);
CREATE INDEX jobs_finished_at_idx ON ci.jobs USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX jobs_log_step_idx ON ci.jobs USING btree (log_step_at) WHERE ((log_state = 'absent'::text) OR ((log_state = 'open'::text) AND (finished_at IS NOT NULL)));
CREATE INDEX jobs_queued_idx ON ci.jobs USING btree (priority DESC, id) WHERE (state = 'queued'::text);
CREATE INDEX jobs_running_idx ON ci.jobs USING btree (lease_until) WHERE (state = 'running'::text);
CREATE INDEX jobs_upload_id_idx ON ci.jobs USING btree (upload_id);

create table ci.uploads (
  id uuid not null,
  organisation_id uuid not null,
  created_by uuid not null,
  size_bytes bigint not null,
  sha256 text not null,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone default now() not null,
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint uploads_size_bytes_check CHECK ((size_bytes > 0))
);
CREATE INDEX uploads_last_used_at_idx ON ci.uploads USING btree (last_used_at);
