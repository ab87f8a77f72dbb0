-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table auth.api_tokens (
  id uuid not null,
  person_id uuid not null,
  organisation_id uuid not null,
  name text not null,
  token_hash bytea not null,
  hint text not null,
  scopes text[] not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_token_hash_key UNIQUE (token_hash),
  constraint api_tokens_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint api_tokens_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 50))),
  constraint api_tokens_person_id_organisation_id_fkey FOREIGN KEY (person_id, organisation_id) REFERENCES auth.memberships(person_id, organisation_id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_person_idx ON auth.api_tokens USING btree (person_id, created_at);

create table auth.memberships (
  person_id uuid not null,
  organisation_id uuid not null,
  role text not null,
  created_at timestamp with time zone default now() not null,
  constraint memberships_pkey PRIMARY KEY (person_id, organisation_id),
  constraint memberships_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'deployer'::text, 'developer'::text, 'viewer'::text]))),
  constraint memberships_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE,
  constraint memberships_person_id_fkey FOREIGN KEY (person_id) REFERENCES auth.people(id) ON DELETE CASCADE
);

create table auth.organisations (
  id uuid not null,
  slug text not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  constraint organisations_pkey PRIMARY KEY (id),
  constraint organisations_slug_key UNIQUE (slug),
  constraint organisations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint organisations_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text))
);

create table auth.people (
  id uuid not null,
  email text not null,
  name text not null,
  password_hash text not null,
  created_at timestamp with time zone default now() not null,
  constraint people_pkey PRIMARY KEY (id),
  constraint people_email_key UNIQUE (email),
  constraint people_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 254)))),
  constraint people_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

create table auth.sessions (
  id uuid not null,
  person_id uuid not null,
  organisation_id uuid not null,
  token_hash bytea not null,
  user_agent text not null,
  address text not null,
  created_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_person_id_organisation_id_fkey FOREIGN KEY (person_id, organisation_id) REFERENCES auth.memberships(person_id, organisation_id) ON DELETE CASCADE
);
CREATE INDEX sessions_person_idx ON auth.sessions USING btree (person_id, created_at);

create table auth.setup_tokens (
  only_one boolean default true not null,
  token_hash bytea not null,
  created_at timestamp with time zone default now() not null,
  constraint setup_tokens_pkey PRIMARY KEY (only_one),
  constraint setup_tokens_only_one_check CHECK (only_one)
);

create table auth.sign_in_failures (
  subject text not null,
  failure_count integer not null,
  window_ends_at timestamp with time zone not null,
  constraint sign_in_failures_pkey PRIMARY KEY (subject),
  constraint sign_in_failures_subject_check CHECK ((length(subject) <= 300))
);

create table auth.used_gate_tickets (
  id uuid not null,
  used_at timestamp with time zone not null,
  constraint used_gate_tickets_pkey PRIMARY KEY (id)
);
