-- Who belongs where and may do what; how people prove who they are.

alter table auth.people
  alter column password_hash drop not null, -- who signs in by other ways has none
  add column instance_role text check (instance_role in ('owner', 'operator')),
  add column suspended_at timestamptz,
  add column email_verified_at timestamptz;
-- The first admin is the instance's owner.
update auth.people set instance_role = 'owner'
where id = (select person_id from auth.memberships where role = 'owner' order by created_at, person_id limit 1);

alter table auth.memberships
  drop constraint memberships_role_check,
  add constraint memberships_role_check
    check (role in ('owner', 'admin', 'auditor', 'deployer', 'developer', 'viewer', 'member')),
  add constraint memberships_organisation_person_key unique (organisation_id, person_id);

-- What roles and tokens may be limited to: a copy of what the deployments app says by events.
create table auth.projects (
  organisation_id uuid not null references auth.organisations (id) on delete cascade,
  id uuid not null,
  slug text not null,
  primary key (organisation_id, id)
);
create unique index projects_slug_key on auth.projects (organisation_id, slug);
create table auth.environments (
  organisation_id uuid not null,
  project_id uuid not null,
  id uuid not null,
  slug text not null,
  primary key (organisation_id, project_id, id),
  foreign key (organisation_id, project_id) references auth.projects (organisation_id, id) on delete cascade
);

create table auth.teams (
  id uuid primary key,
  organisation_id uuid not null references auth.organisations (id) on delete cascade,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  constraint teams_slug_key unique (organisation_id, slug),
  unique (organisation_id, id)
);
create table auth.team_members (
  organisation_id uuid not null,
  team_id uuid not null,
  person_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (organisation_id, team_id, person_id),
  foreign key (organisation_id, team_id) references auth.teams (organisation_id, id) on delete cascade,
  foreign key (organisation_id, person_id) references auth.memberships (organisation_id, person_id) on delete cascade
);
create index team_members_person_idx on auth.team_members (organisation_id, person_id);

-- An organisation's own callers: they have tokens, and no password, mail or session.
create table auth.service_accounts (
  id uuid primary key,
  organisation_id uuid not null references auth.organisations (id) on delete cascade,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  description text not null default '' check (length(description) <= 300),
  role text not null check (role in ('admin', 'auditor', 'deployer', 'developer', 'viewer', 'member')),
  created_at timestamptz not null default now(),
  constraint service_accounts_slug_key unique (organisation_id, slug),
  unique (organisation_id, id)
);

-- A role in one project, or in one environment of it, for a person, a team or a service account.
create table auth.grants (
  id uuid primary key,
  organisation_id uuid not null,
  role text not null check (role in ('admin', 'deployer', 'developer', 'viewer')),
  project_id uuid not null,
  environment_id uuid,
  person_id uuid,
  team_id uuid,
  service_account_id uuid,
  created_at timestamptz not null default now(),
  check (num_nonnulls(person_id, team_id, service_account_id) = 1),
  foreign key (organisation_id, project_id) references auth.projects (organisation_id, id) on delete cascade,
  foreign key (organisation_id, project_id, environment_id)
    references auth.environments (organisation_id, project_id, id) on delete cascade,
  foreign key (organisation_id, person_id) references auth.memberships (organisation_id, person_id) on delete cascade,
  foreign key (organisation_id, team_id) references auth.teams (organisation_id, id) on delete cascade,
  foreign key (organisation_id, service_account_id)
    references auth.service_accounts (organisation_id, id) on delete cascade,
  constraint grants_one_role_key
    unique nulls not distinct (project_id, environment_id, person_id, team_id, service_account_id)
);
create index grants_person_idx on auth.grants (organisation_id, person_id) where person_id is not null;
create index grants_team_idx on auth.grants (organisation_id, team_id) where team_id is not null;
create index grants_service_idx on auth.grants (organisation_id, service_account_id)
  where service_account_id is not null;

-- One row while an invite is open: accepting or revoking it deletes it, so exactly one use can win.
create table auth.invites (
  id uuid primary key,
  organisation_id uuid not null references auth.organisations (id) on delete cascade,
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  role text not null check (role in ('owner', 'admin', 'auditor', 'deployer', 'developer', 'viewer', 'member')),
  team_ids uuid[] not null default '{}' check (cardinality(team_ids) <= 20),
  token_hash bytea not null,
  invited_by uuid references auth.people (id) on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint invites_email_key unique (organisation_id, email),
  constraint invites_token_hash_key unique (token_hash),
  unique (organisation_id, id)
);

alter table auth.api_tokens
  alter column person_id drop not null,
  add column service_account_id uuid,
  add constraint api_tokens_owner_check check (num_nonnulls(person_id, service_account_id) = 1),
  add constraint api_tokens_service_account_fkey foreign key (organisation_id, service_account_id)
    references auth.service_accounts (organisation_id, id) on delete cascade;
create index api_tokens_service_idx on auth.api_tokens (service_account_id, created_at)
  where service_account_id is not null;

-- When the person of the session last proved who they are; and how.
alter table auth.sessions
  add column verified_at timestamptz not null default now(),
  add column method text not null default 'password';

-- Signed in with the first factor, waiting for the second; used once, deleted by success or by too many tries.
create table auth.pending_sign_ins (
  token_hash bytea primary key,
  person_id uuid not null references auth.people (id) on delete cascade,
  method text not null,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index pending_sign_ins_person_idx on auth.pending_sign_ins (person_id);

create table auth.magic_links (
  token_hash bytea primary key,
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  next text not null check (length(next) <= 8192),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index magic_links_email_idx on auth.magic_links (email);

-- RFC 6238. A code of a step that was used is refused, so that nobody uses one twice.
create table auth.authenticators (
  person_id uuid primary key references auth.people (id) on delete cascade,
  secret_sealed bytea not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0,
  created_at timestamptz not null default now()
);
create table auth.recovery_codes (
  person_id uuid not null references auth.people (id) on delete cascade,
  code_hash bytea not null,
  primary key (person_id, code_hash)
);

-- RFC 8628: a command line waits while its person says yes in a browser.
create table auth.device_codes (
  device_hash bytea primary key,
  user_code text not null,
  client_name text not null check (length(client_name) between 1 and 100),
  address text not null,
  state text not null check (state in ('pending', 'approved', 'denied')),
  person_id uuid,
  organisation_id uuid,
  polled_at timestamptz,
  interval_seconds integer not null default 5,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint device_codes_user_code_key unique (user_code),
  check ((state = 'approved') = (person_id is not null and organisation_id is not null)),
  foreign key (organisation_id, person_id) references auth.memberships (organisation_id, person_id) on delete cascade
);

-- Who may sign in at all. A rule that admits to an organisation makes the account of who proves such an address.
create table auth.sign_in_rules (
  id uuid primary key,
  effect text not null check (effect in ('allow', 'deny')),
  kind text not null check (kind in ('email', 'domain', 'glob', 'regex')),
  pattern text not null check (length(pattern) between 1 and 300),
  organisation_id uuid references auth.organisations (id) on delete cascade,
  role text check (role in ('admin', 'auditor', 'deployer', 'developer', 'viewer', 'member')),
  note text not null default '' check (length(note) <= 300),
  created_at timestamptz not null default now(),
  check ((organisation_id is null) = (role is null)),
  check (effect = 'allow' or organisation_id is null),
  constraint sign_in_rules_pattern_key unique (effect, kind, pattern)
);
create table auth.denied_sign_ins (
  id uuid primary key,
  email text not null,
  method text not null,
  address text not null,
  user_agent text not null,
  reason text not null check (reason in ('rule', 'not_invited', 'suspended', 'no_organisation')),
  denied_at timestamptz not null default now()
);
create index denied_sign_ins_time_idx on auth.denied_sign_ins (denied_at);

create table auth.email_changes (
  person_id uuid primary key references auth.people (id) on delete cascade,
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint email_changes_token_hash_key unique (token_hash)
);

-- Mail on its way; sealed, because links in it are secrets. Sent ones are deleted.
create table auth.mails (
  id uuid primary key,
  recipient text not null check (length(recipient) <= 254),
  content_sealed bytea not null check (octet_length(content_sealed) <= 65536),
  attempts integer not null default 0,
  send_at timestamptz not null default now(),
  last_error text check (length(last_error) <= 1000),
  created_at timestamptz not null default now()
);
create index mails_send_idx on auth.mails (send_at);
