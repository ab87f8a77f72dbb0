-- How pushes to a repository reach a project.
create table deployments.hooks (
  id uuid primary key,
  organisation_id uuid not null,
  project_id uuid not null,
  provider text not null check (provider in ('github', 'gitlab', 'gitea', 'forgejo', 'generic')),
  url text not null check (length(url) <= 2000),
  -- The address in one spelling: host and path.
  repository text not null check (length(repository) <= 2000),
  secret_sealed bytea not null,
  -- The secret before, for a day after a rotation.
  former_sealed bytea,
  former_until timestamptz,
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  rotated_at timestamptz,
  last_delivery_at timestamptz,
  unique (organisation_id, id),
  constraint hooks_repository_key unique (project_id, repository),
  check ((former_sealed is null) = (former_until is null)),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

-- What was answered to each delivery, so that the same one again does nothing. Rows older than 30 days go.
create table deployments.hook_deliveries (
  hook_id uuid not null,
  delivery_id text not null check (length(delivery_id) between 1 and 200),
  organisation_id uuid not null,
  answer jsonb not null,
  received_at timestamptz not null default now(),
  primary key (hook_id, delivery_id),
  foreign key (organisation_id, hook_id) references deployments.hooks (organisation_id, id) on delete cascade
);
create index hook_deliveries_received_idx on deployments.hook_deliveries (hook_id, received_at);

-- Where the branches of repositories were last seen. Its row is locked by who takes a push, so pushes have one order.
create table deployments.branch_heads (
  project_id uuid not null,
  repository text not null check (length(repository) <= 2000),
  branch text not null check (length(branch) <= 255),
  organisation_id uuid not null,
  commit text not null check (commit ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'),
  -- Where it was before, the newest first: a push that arrives late is known by it.
  earlier text[] not null default '{}' check (cardinality(earlier) <= 50),
  seen_at timestamptz not null default now(),
  primary key (project_id, repository, branch),
  foreign key (organisation_id, project_id) references deployments.projects (organisation_id, id) on delete cascade
);

-- What a service's repository is read with: over ssh by a key, over https by a token.
create table deployments.git_credentials (
  service_id uuid not null,
  kind text not null check (kind in ('ssh', 'token')),
  organisation_id uuid not null,
  -- Scheme, host and port of the only server it is shown to.
  server text not null check (length(server) <= 300),
  public_key text,
  username text check (length(username) <= 200),
  -- Lines of known_hosts(5): the server's own key, as it was first seen.
  known_hosts text check (length(known_hosts) <= 8192),
  secret_sealed bytea not null,
  created_at timestamptz not null default now(),
  primary key (service_id, kind),
  check ((kind = 'ssh') = (public_key is not null)),
  check (kind = 'ssh' or known_hosts is null),
  foreign key (organisation_id, service_id) references deployments.services (organisation_id, id) on delete cascade
);

-- Repositories that no webhook tells of, and are asked from time to time: one row for each address and credential.
create table deployments.repository_polls (
  id uuid primary key,
  organisation_id uuid not null,
  url text not null check (length(url) <= 2000),
  -- The service whose credential is used; null for none.
  credential_service_id uuid,
  -- Projects for which it was seen before: what is new to them is a push.
  known_project_ids uuid[] not null default '{}',
  due_at timestamptz not null,
  polled_at timestamptz,
  failures integer not null default 0,
  reason text check (length(reason) <= 2000),
  lease_token uuid,
  lease_until timestamptz,
  unique nulls not distinct (organisation_id, url, credential_service_id)
);
create index repository_polls_due_idx on deployments.repository_polls (due_at);

-- A branch's label that the live release still answers to is given back when a later one is made.
alter table deployments.host_labels add column retired_at timestamptz;
