create table repositories (
  id uuid primary key,
  organisation_id uuid not null,
  name text collate "C" not null constraint repositories_name_key unique check (length(name) <= 255),
  created_at timestamptz not null default now(),
  pushed_at timestamptz not null default now()
);

create index repositories_organisation_id_idx on repositories (organisation_id, name);

-- A row here means: the file is whole and on the disk.
create table blobs (
  digest text collate "C" primary key check (digest ~ '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$'),
  size_bytes bigint not null check (size_bytes >= 0),
  created_at timestamptz not null default now()
);

-- Which repositories a blob is in. Nobody reads a blob through a repository that it is not in.
create table repository_blobs (
  repository_id uuid not null references repositories (id) on delete cascade,
  digest text collate "C" not null references blobs (digest) on delete restrict,
  pushed_at timestamptz not null default now(),
  primary key (repository_id, digest)
);

create index repository_blobs_digest_idx on repository_blobs (digest);

create table manifests (
  repository_id uuid not null references repositories (id) on delete cascade,
  digest text collate "C" not null check (digest ~ '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$'),
  media_type text not null,
  artifact_type text,
  subject_digest text collate "C",
  body bytea not null check (length(body) <= 4194304),
  content_size_bytes bigint not null,
  pushed_at timestamptz not null default now(),
  primary key (repository_id, digest)
);

-- What manifests need. The foreign keys keep it: neither a blob nor a manifest goes while a manifest refers to it.
create table manifest_blobs (
  repository_id uuid not null,
  manifest_digest text collate "C" not null,
  blob_digest text collate "C" not null,
  primary key (repository_id, manifest_digest, blob_digest),
  constraint manifest_blobs_manifest_fkey foreign key (repository_id, manifest_digest)
    references manifests (repository_id, digest) on delete cascade,
  constraint manifest_blobs_blob_fkey foreign key (repository_id, blob_digest)
    references repository_blobs (repository_id, digest) on delete no action
);

create index manifest_blobs_blob_idx on manifest_blobs (repository_id, blob_digest);

create table manifest_children (
  repository_id uuid not null,
  manifest_digest text collate "C" not null,
  child_digest text collate "C" not null,
  primary key (repository_id, manifest_digest, child_digest),
  constraint manifest_children_manifest_fkey foreign key (repository_id, manifest_digest)
    references manifests (repository_id, digest) on delete cascade,
  constraint manifest_children_child_fkey foreign key (repository_id, child_digest)
    references manifests (repository_id, digest) on delete no action
);

create index manifest_children_child_idx on manifest_children (repository_id, child_digest);

create table tags (
  repository_id uuid not null,
  name text collate "C" not null check (name ~ '^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$'),
  digest text collate "C" not null,
  pushed_at timestamptz not null default now(),
  primary key (repository_id, name),
  constraint tags_manifest_fkey foreign key (repository_id, digest)
    references manifests (repository_id, digest) on delete cascade
);

create index tags_digest_idx on tags (repository_id, digest);

-- Manifests that something outside of the registry runs or may go back to.
create table pins (
  key text primary key check (length(key) between 1 and 200),
  repository_id uuid not null,
  digest text collate "C" not null,
  created_at timestamptz not null default now(),
  constraint pins_manifest_fkey foreign key (repository_id, digest)
    references manifests (repository_id, digest) on delete no action
);

create index pins_manifest_idx on pins (repository_id, digest);

-- Uploads that are under way. How far one is says its file; `writer` holds it while a request writes.
create table uploads (
  id uuid primary key,
  repository_id uuid not null references repositories (id) on delete cascade,
  writer uuid,
  writing_until timestamptz,
  created_at timestamptz not null default now(),
  touched_at timestamptz not null default now()
);

create index uploads_touched_at_idx on uploads (touched_at);
