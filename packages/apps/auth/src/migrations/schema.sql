-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table auth.api_tokens (
  id uuid not null,
  person_id uuid,
  organisation_id uuid not null,
  name text not null,
  token_hash bytea not null,
  hint text not null,
  scopes text[] not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  service_account_id uuid,
  made_by uuid,
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_token_hash_key UNIQUE (token_hash),
  constraint api_tokens_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint api_tokens_owner_check CHECK ((num_nonnulls(person_id, service_account_id) = 1)),
  constraint api_tokens_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 50))),
  constraint api_tokens_made_by_fkey FOREIGN KEY (made_by) REFERENCES auth.api_tokens(id) ON DELETE CASCADE,
  constraint api_tokens_person_id_organisation_id_fkey FOREIGN KEY (person_id, organisation_id) REFERENCES auth.memberships(person_id, organisation_id) ON DELETE CASCADE,
  constraint api_tokens_service_account_fkey FOREIGN KEY (organisation_id, service_account_id) REFERENCES auth.service_accounts(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_made_by_idx ON auth.api_tokens USING btree (made_by) WHERE (made_by IS NOT NULL);
CREATE INDEX api_tokens_person_idx ON auth.api_tokens USING btree (person_id, created_at);
CREATE INDEX api_tokens_service_idx ON auth.api_tokens USING btree (service_account_id, created_at) WHERE (service_account_id IS NOT NULL);

create table auth.authenticators (
  person_id uuid not null,
  secret_sealed bytea not null,
  confirmed_at timestamp with time zone,
  last_step bigint default 0 not null,
  created_at timestamp with time zone default now() not null,
  constraint authenticators_pkey PRIMARY KEY (person_id),
  constraint authenticators_person_id_fkey FOREIGN KEY (person_id) REFERENCES auth.people(id) ON DELETE CASCADE
);

create table auth.denied_sign_ins (
  id uuid not null,
  email text not null,
  method text not null,
  address text not null,
  user_agent text not null,
  reason text not null,
  denied_at timestamp with time zone default now() not null,
  constraint denied_sign_ins_pkey PRIMARY KEY (id),
  constraint denied_sign_ins_reason_check CHECK ((reason = ANY (ARRAY['rule'::text, 'not_invited'::text, 'suspended'::text, 'no_organisation'::text])))
);
CREATE INDEX denied_sign_ins_time_idx ON auth.denied_sign_ins USING btree (denied_at);

create table auth.device_codes (
  device_hash bytea not null,
  user_code text not null,
  client_name text not null,
  address text not null,
  state text not null,
  person_id uuid,
  organisation_id uuid,
  polled_at timestamp with time zone,
  interval_seconds integer default 5 not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint device_codes_pkey PRIMARY KEY (device_hash),
  constraint device_codes_user_code_key UNIQUE (user_code),
  constraint device_codes_check CHECK (((state = 'approved'::text) = ((person_id IS NOT NULL) AND (organisation_id IS NOT NULL)))),
  constraint device_codes_client_name_check CHECK (((length(client_name) >= 1) AND (length(client_name) <= 100))),
  constraint device_codes_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text]))),
  constraint device_codes_organisation_id_person_id_fkey FOREIGN KEY (organisation_id, person_id) REFERENCES auth.memberships(organisation_id, person_id) ON DELETE CASCADE
);

create table auth.email_changes (
  person_id uuid not null,
  email text not null,
  token_hash bytea not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint email_changes_pkey PRIMARY KEY (person_id),
  constraint email_changes_token_hash_key UNIQUE (token_hash),
  constraint email_changes_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 254)))),
  constraint email_changes_person_id_fkey FOREIGN KEY (person_id) REFERENCES auth.people(id) ON DELETE CASCADE
);

create table auth.environments (
  organisation_id uuid not null,
  project_id uuid not null,
  id uuid not null,
  slug text not null,
  constraint environments_pkey PRIMARY KEY (organisation_id, project_id, id),
  constraint environments_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES auth.projects(organisation_id, id) ON DELETE CASCADE
);

create table auth.grants (
  id uuid not null,
  organisation_id uuid not null,
  role text not null,
  project_id uuid not null,
  environment_id uuid,
  person_id uuid,
  team_id uuid,
  service_account_id uuid,
  created_at timestamp with time zone default now() not null,
  constraint grants_pkey PRIMARY KEY (id),
  constraint grants_one_role_key UNIQUE NULLS NOT DISTINCT (project_id, environment_id, person_id, team_id, service_account_id),
  constraint grants_check CHECK ((num_nonnulls(person_id, team_id, service_account_id) = 1)),
  constraint grants_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'deployer'::text, 'developer'::text, 'viewer'::text]))),
  constraint grants_organisation_id_person_id_fkey FOREIGN KEY (organisation_id, person_id) REFERENCES auth.memberships(organisation_id, person_id) ON DELETE CASCADE,
  constraint grants_organisation_id_project_id_environment_id_fkey FOREIGN KEY (organisation_id, project_id, environment_id) REFERENCES auth.environments(organisation_id, project_id, id) ON DELETE CASCADE,
  constraint grants_organisation_id_project_id_fkey FOREIGN KEY (organisation_id, project_id) REFERENCES auth.projects(organisation_id, id) ON DELETE CASCADE,
  constraint grants_organisation_id_service_account_id_fkey FOREIGN KEY (organisation_id, service_account_id) REFERENCES auth.service_accounts(organisation_id, id) ON DELETE CASCADE,
  constraint grants_organisation_id_team_id_fkey FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX grants_person_idx ON auth.grants USING btree (organisation_id, person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX grants_service_idx ON auth.grants USING btree (organisation_id, service_account_id) WHERE (service_account_id IS NOT NULL);
CREATE INDEX grants_team_idx ON auth.grants USING btree (organisation_id, team_id) WHERE (team_id IS NOT NULL);

create table auth.invites (
  id uuid not null,
  organisation_id uuid not null,
  email text not null,
  role text not null,
  team_ids uuid[] default '{}'::uuid[] not null,
  token_hash bytea not null,
  invited_by uuid,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint invites_pkey PRIMARY KEY (id),
  constraint invites_email_key UNIQUE (organisation_id, email),
  constraint invites_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint invites_token_hash_key UNIQUE (token_hash),
  constraint invites_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 254)))),
  constraint invites_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'auditor'::text, 'deployer'::text, 'developer'::text, 'viewer'::text, 'member'::text]))),
  constraint invites_team_ids_check CHECK ((cardinality(team_ids) <= 20)),
  constraint invites_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES auth.people(id) ON DELETE SET NULL,
  constraint invites_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE
);

create table auth.magic_links (
  token_hash bytea not null,
  email text not null,
  next text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint magic_links_pkey PRIMARY KEY (token_hash),
  constraint magic_links_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 254)))),
  constraint magic_links_next_check CHECK ((length(next) <= 8192))
);
CREATE INDEX magic_links_email_idx ON auth.magic_links USING btree (email);

create table auth.mails (
  id uuid not null,
  recipient text not null,
  content_sealed bytea not null,
  attempts integer default 0 not null,
  send_at timestamp with time zone default now() not null,
  last_error text,
  created_at timestamp with time zone default now() not null,
  constraint mails_pkey PRIMARY KEY (id),
  constraint mails_content_sealed_check CHECK ((octet_length(content_sealed) <= 65536)),
  constraint mails_last_error_check CHECK ((length(last_error) <= 1000)),
  constraint mails_recipient_check CHECK ((length(recipient) <= 254))
);
CREATE INDEX mails_send_idx ON auth.mails USING btree (send_at);

create table auth.memberships (
  person_id uuid not null,
  organisation_id uuid not null,
  role text not null,
  created_at timestamp with time zone default now() not null,
  constraint memberships_pkey PRIMARY KEY (person_id, organisation_id),
  constraint memberships_organisation_person_key UNIQUE (organisation_id, person_id),
  constraint memberships_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'auditor'::text, 'deployer'::text, 'developer'::text, 'viewer'::text, 'member'::text]))),
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

create table auth.pending_sign_ins (
  token_hash bytea not null,
  person_id uuid not null,
  method text not null,
  attempts integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint pending_sign_ins_pkey PRIMARY KEY (token_hash),
  constraint pending_sign_ins_person_id_fkey FOREIGN KEY (person_id) REFERENCES auth.people(id) ON DELETE CASCADE
);
CREATE INDEX pending_sign_ins_person_idx ON auth.pending_sign_ins USING btree (person_id);

create table auth.people (
  id uuid not null,
  email text not null,
  name text not null,
  password_hash text,
  created_at timestamp with time zone default now() not null,
  instance_role text,
  suspended_at timestamp with time zone,
  email_verified_at timestamp with time zone,
  constraint people_pkey PRIMARY KEY (id),
  constraint people_email_key UNIQUE (email),
  constraint people_email_check CHECK (((email = lower(email)) AND ((length(email) >= 3) AND (length(email) <= 254)))),
  constraint people_instance_role_check CHECK ((instance_role = ANY (ARRAY['owner'::text, 'operator'::text]))),
  constraint people_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

create table auth.projects (
  organisation_id uuid not null,
  id uuid not null,
  slug text not null,
  constraint projects_pkey PRIMARY KEY (organisation_id, id),
  constraint projects_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX projects_slug_key ON auth.projects USING btree (organisation_id, slug);

create table auth.recovery_codes (
  person_id uuid not null,
  code_hash bytea not null,
  constraint recovery_codes_pkey PRIMARY KEY (person_id, code_hash),
  constraint recovery_codes_person_id_fkey FOREIGN KEY (person_id) REFERENCES auth.people(id) ON DELETE CASCADE
);

create table auth.service_accounts (
  id uuid not null,
  organisation_id uuid not null,
  slug text not null,
  description text default ''::text not null,
  role text not null,
  created_at timestamp with time zone default now() not null,
  constraint service_accounts_pkey PRIMARY KEY (id),
  constraint service_accounts_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint service_accounts_slug_key UNIQUE (organisation_id, slug),
  constraint service_accounts_description_check CHECK ((length(description) <= 300)),
  constraint service_accounts_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'auditor'::text, 'deployer'::text, 'developer'::text, 'viewer'::text, 'member'::text]))),
  constraint service_accounts_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint service_accounts_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE
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
  verified_at timestamp with time zone default now() not null,
  method text default 'password'::text not null,
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

create table auth.sign_in_rules (
  id uuid not null,
  effect text not null,
  kind text not null,
  pattern text not null,
  organisation_id uuid,
  role text,
  note text default ''::text not null,
  created_at timestamp with time zone default now() not null,
  constraint sign_in_rules_pkey PRIMARY KEY (id),
  constraint sign_in_rules_pattern_key UNIQUE (effect, kind, pattern),
  constraint sign_in_rules_check CHECK (((organisation_id IS NULL) = (role IS NULL))),
  constraint sign_in_rules_check1 CHECK (((effect = 'allow'::text) OR (organisation_id IS NULL))),
  constraint sign_in_rules_effect_check CHECK ((effect = ANY (ARRAY['allow'::text, 'deny'::text]))),
  constraint sign_in_rules_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'domain'::text, 'glob'::text, 'regex'::text]))),
  constraint sign_in_rules_note_check CHECK ((length(note) <= 300)),
  constraint sign_in_rules_pattern_check CHECK (((length(pattern) >= 1) AND (length(pattern) <= 300))),
  constraint sign_in_rules_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'auditor'::text, 'deployer'::text, 'developer'::text, 'viewer'::text, 'member'::text]))),
  constraint sign_in_rules_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE
);

create table auth.team_members (
  organisation_id uuid not null,
  team_id uuid not null,
  person_id uuid not null,
  created_at timestamp with time zone default now() not null,
  constraint team_members_pkey PRIMARY KEY (organisation_id, team_id, person_id),
  constraint team_members_organisation_id_person_id_fkey FOREIGN KEY (organisation_id, person_id) REFERENCES auth.memberships(organisation_id, person_id) ON DELETE CASCADE,
  constraint team_members_organisation_id_team_id_fkey FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams(organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX team_members_person_idx ON auth.team_members USING btree (organisation_id, person_id);

create table auth.teams (
  id uuid not null,
  organisation_id uuid not null,
  slug text not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  constraint teams_pkey PRIMARY KEY (id),
  constraint teams_organisation_id_id_key UNIQUE (organisation_id, id),
  constraint teams_slug_key UNIQUE (organisation_id, slug),
  constraint teams_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint teams_slug_check CHECK ((slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'::text)),
  constraint teams_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES auth.organisations(id) ON DELETE CASCADE
);

create table auth.used_gate_tickets (
  id uuid not null,
  used_at timestamp with time zone not null,
  constraint used_gate_tickets_pkey PRIMARY KEY (id)
);
