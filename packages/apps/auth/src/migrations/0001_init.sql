create table auth.people (
  id uuid primary key,
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  name text not null check (length(name) between 1 and 100),
  password_hash text not null,
  created_at timestamptz not null default now(),
  constraint people_email_key unique (email)
);

create table auth.organisations (
  id uuid primary key,
  slug text not null check (slug ~ '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  constraint organisations_slug_key unique (slug)
);

create table auth.memberships (
  person_id uuid not null references auth.people (id) on delete cascade,
  organisation_id uuid not null references auth.organisations (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'deployer', 'developer', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (person_id, organisation_id)
);

-- One row while the platform waits for its first admin; claiming it deletes it, so exactly one claim can win.
create table auth.setup_tokens (
  only_one boolean primary key default true check (only_one),
  token_hash bytea not null,
  created_at timestamptz not null default now()
);

create table auth.sessions (
  id uuid primary key,
  person_id uuid not null,
  organisation_id uuid not null,
  token_hash bytea not null,
  user_agent text not null,
  address text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  constraint sessions_token_hash_key unique (token_hash),
  foreign key (person_id, organisation_id) references auth.memberships (person_id, organisation_id) on delete cascade
);
create index sessions_person_idx on auth.sessions (person_id, created_at);

create table auth.api_tokens (
  id uuid primary key,
  person_id uuid not null,
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  token_hash bytea not null,
  hint text not null,
  scopes text[] not null check (cardinality(scopes) between 1 and 50),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  constraint api_tokens_token_hash_key unique (token_hash),
  foreign key (person_id, organisation_id) references auth.memberships (person_id, organisation_id) on delete cascade
);
create index api_tokens_person_idx on auth.api_tokens (person_id, created_at);

-- Failed sign-ins by account and by client address within a window; a row outlives restarts on purpose.
create table auth.sign_in_failures (
  subject text primary key check (length(subject) <= 300),
  failure_count integer not null,
  window_ends_at timestamptz not null
);
