create table logging.streams (
  id text primary key check (id ~ '^(build|runtime)\.[0-9a-f-]{36}$'),
  organisation_id uuid not null,
  project_id uuid not null,
  service_id uuid,
  next_line bigint not null default 1 check (next_line >= 1),
  first_line bigint not null default 1 check (first_line between 1 and next_line),
  text_bytes bigint not null default 0,
  stored_bytes bigint not null default 0 check (stored_bytes >= 0),
  dropped_lines bigint not null default 0,
  full_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  -- Of the last line taken; our clock, unlike the times in the lines.
  written_at timestamptz not null default now()
);
create index streams_written_idx on logging.streams (written_at, id);

-- How many lines each writer of a stream has sent: the number from which it has to go on.
create table logging.writers (
  stream_id text not null references logging.streams (id) on delete cascade,
  writer text not null check (length(writer) between 1 and 100),
  next_offset bigint not null,
  written_at timestamptz not null,
  primary key (stream_id, writer)
);
create index writers_written_idx on logging.writers (written_at);

create table logging.chunks (
  stream_id text not null references logging.streams (id) on delete cascade,
  first_line bigint not null,
  line_count integer not null check (line_count > 0),
  text_bytes integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- When its first and its newest lines were taken, by our clock.
  opened_at timestamptz not null,
  written_at timestamptz not null,
  -- zstd of one JSON array for each line.
  data bytea not null,
  primary key (stream_id, first_line)
);
create index chunks_written_idx on logging.chunks (written_at);
-- Compressed already; kept out of the row so that looking for chunks does not read them.
alter table logging.chunks alter column data set storage external;
