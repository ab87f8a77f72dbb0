-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table registry.blobs (
  digest text collate "C" not null,
  size_bytes bigint not null,
  created_at timestamp with time zone default now() not null,
  constraint blobs_pkey PRIMARY KEY (digest),
  constraint blobs_digest_check CHECK ((digest ~ '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$'::text)),
  constraint blobs_size_bytes_check CHECK ((size_bytes >= 0))
);

create table registry.manifest_blobs (
  repository_id uuid not null,
  manifest_digest text collate "C" not null,
  blob_digest text collate "C" not null,
  constraint manifest_blobs_pkey PRIMARY KEY (repository_id, manifest_digest, blob_digest),
  constraint manifest_blobs_blob_fkey FOREIGN KEY (repository_id, blob_digest) REFERENCES registry.repository_blobs(repository_id, digest),
  constraint manifest_blobs_manifest_fkey FOREIGN KEY (repository_id, manifest_digest) REFERENCES registry.manifests(repository_id, digest) ON DELETE CASCADE
);
CREATE INDEX manifest_blobs_blob_idx ON registry.manifest_blobs USING btree (repository_id, blob_digest);

create table registry.manifest_children (
  repository_id uuid not null,
  manifest_digest text collate "C" not null,
  child_digest text collate "C" not null,
  constraint manifest_children_pkey PRIMARY KEY (repository_id, manifest_digest, child_digest),
  constraint manifest_children_child_fkey FOREIGN KEY (repository_id, child_digest) REFERENCES registry.manifests(repository_id, digest),
  constraint manifest_children_manifest_fkey FOREIGN KEY (repository_id, manifest_digest) REFERENCES registry.manifests(repository_id, digest) ON DELETE CASCADE
);
CREATE INDEX manifest_children_child_idx ON registry.manifest_children USING btree (repository_id, child_digest);

create table registry.manifests (
  repository_id uuid not null,
  digest text collate "C" not null,
  media_type text not null,
  artifact_type text,
  subject_digest text collate "C",
  body bytea not null,
  content_size_bytes bigint not null,
  pushed_at timestamp with time zone default now() not null,
  constraint manifests_pkey PRIMARY KEY (repository_id, digest),
  constraint manifests_body_check CHECK ((length(body) <= 4194304)),
  constraint manifests_digest_check CHECK ((digest ~ '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$'::text)),
  constraint manifests_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES registry.repositories(id) ON DELETE CASCADE
);

create table registry.pins (
  key text not null,
  repository_id uuid not null,
  digest text collate "C" not null,
  created_at timestamp with time zone default now() not null,
  constraint pins_pkey PRIMARY KEY (key),
  constraint pins_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint pins_manifest_fkey FOREIGN KEY (repository_id, digest) REFERENCES registry.manifests(repository_id, digest)
);
CREATE INDEX pins_manifest_idx ON registry.pins USING btree (repository_id, digest);

create table registry.repositories (
  id uuid not null,
  organisation_id uuid not null,
  name text collate "C" not null,
  created_at timestamp with time zone default now() not null,
  pushed_at timestamp with time zone default now() not null,
  constraint repositories_pkey PRIMARY KEY (id),
  constraint repositories_name_key UNIQUE (name),
  constraint repositories_name_check CHECK ((length(name) <= 255))
);
CREATE INDEX repositories_organisation_id_idx ON registry.repositories USING btree (organisation_id, name);

create table registry.repository_blobs (
  repository_id uuid not null,
  digest text collate "C" not null,
  pushed_at timestamp with time zone default now() not null,
  constraint repository_blobs_pkey PRIMARY KEY (repository_id, digest),
  constraint repository_blobs_digest_fkey FOREIGN KEY (digest) REFERENCES registry.blobs(digest) ON DELETE RESTRICT,
  constraint repository_blobs_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES registry.repositories(id) ON DELETE CASCADE
);
CREATE INDEX repository_blobs_digest_idx ON registry.repository_blobs USING btree (digest);

create table registry.tags (
  repository_id uuid not null,
  name text collate "C" not null,
  digest text collate "C" not null,
  pushed_at timestamp with time zone default now() not null,
  constraint tags_pkey PRIMARY KEY (repository_id, name),
  constraint tags_name_check CHECK ((name ~ '^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$'::text)),
  constraint tags_manifest_fkey FOREIGN KEY (repository_id, digest) REFERENCES registry.manifests(repository_id, digest) ON DELETE CASCADE
);
CREATE INDEX tags_digest_idx ON registry.tags USING btree (repository_id, digest);

create table registry.uploads (
  id uuid not null,
  repository_id uuid not null,
  writer uuid,
  writing_until timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  touched_at timestamp with time zone default now() not null,
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES registry.repositories(id) ON DELETE CASCADE
);
CREATE INDEX uploads_touched_at_idx ON registry.uploads USING btree (touched_at);
