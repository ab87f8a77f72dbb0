-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table logging.chunks (
  stream_id text not null,
  first_line bigint not null,
  line_count integer not null,
  text_bytes integer not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  opened_at timestamp with time zone not null,
  written_at timestamp with time zone not null,
  data bytea not null,
  constraint chunks_pkey PRIMARY KEY (stream_id, first_line),
  constraint chunks_line_count_check CHECK ((line_count > 0)),
  constraint chunks_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES logging.streams(id) ON DELETE CASCADE
);
CREATE INDEX chunks_written_idx ON logging.chunks USING btree (written_at);

create table logging.streams (
  id text not null,
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid,
  next_line bigint default 1 not null,
  first_line bigint default 1 not null,
  text_bytes bigint default 0 not null,
  stored_bytes bigint default 0 not null,
  dropped_lines bigint default 0 not null,
  full_at timestamp with time zone,
  ended_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  written_at timestamp with time zone default now() not null,
  environment_id uuid,
  constraint streams_pkey PRIMARY KEY (id),
  constraint streams_check CHECK (((first_line >= 1) AND (first_line <= next_line))),
  constraint streams_id_check CHECK ((id ~ '^(build|runtime|run)\.[0-9a-f-]{36}$'::text)),
  constraint streams_next_line_check CHECK ((next_line >= 1)),
  constraint streams_stored_bytes_check CHECK ((stored_bytes >= 0))
);
CREATE INDEX streams_written_idx ON logging.streams USING btree (written_at, id);

create table logging.writers (
  stream_id text not null,
  writer text not null,
  next_offset bigint not null,
  written_at timestamp with time zone not null,
  constraint writers_pkey PRIMARY KEY (stream_id, writer),
  constraint writers_writer_check CHECK (((length(writer) >= 1) AND (length(writer) <= 100))),
  constraint writers_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES logging.streams(id) ON DELETE CASCADE
);
CREATE INDEX writers_written_idx ON logging.writers USING btree (written_at);
