-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table platform.event_cursors (
  app text not null,
  name text not null,
  seq bigint not null,
  attempts integer default 0 not null,
  retry_at timestamp with time zone default '-infinity'::timestamp with time zone not null,
  last_error text,
  moved_at timestamp with time zone default now() not null,
  constraint event_cursors_pkey PRIMARY KEY (app, name),
  constraint event_cursors_error_check CHECK ((length(last_error) <= 4000)),
  constraint event_cursors_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
) with (fillfactor=50);
create policy event_cursors_own on platform.event_cursors for all to homeport_apps using ((app = platform.calling_app())) with check ((app = platform.calling_app()));
alter table platform.event_cursors enable row level security;

create table platform.event_failures (
  app text not null,
  name text not null,
  seq bigint not null,
  event jsonb not null,
  error text not null,
  attempts integer not null,
  failed_at timestamp with time zone default now() not null,
  constraint event_failures_pkey PRIMARY KEY (app, name, seq),
  constraint event_failures_error_check CHECK ((length(error) <= 4000))
);
create policy event_failures_own on platform.event_failures for all to homeport_apps using ((app = platform.calling_app())) with check ((app = platform.calling_app()));
alter table platform.event_failures enable row level security;

create table platform.event_sequence (
  only_row boolean default true not null,
  last bigint default 0 not null,
  pruned bigint default 0 not null,
  constraint event_sequence_pkey PRIMARY KEY (only_row),
  constraint event_sequence_check CHECK (only_row)
);

create table platform.events (
  id uuid not null,
  seq bigint,
  xid xid8 default pg_current_xact_id() not null,
  type text not null,
  source text not null,
  subject text,
  organisation_id uuid,
  project_id uuid,
  data jsonb not null,
  actor jsonb,
  occurred_at timestamp with time zone default clock_timestamp() not null,
  constraint events_pkey PRIMARY KEY (id),
  constraint events_size_check CHECK (((pg_column_size(data) <= 131072) AND (pg_column_size(actor) <= 16384))),
  constraint events_subject_check CHECK ((length(subject) <= 300)),
  constraint events_type_check CHECK (((length(type) <= 120) AND (type ~ '^[a-z][a-z0-9-]*([.][a-z0-9][a-z0-9_-]*)+$'::text) AND starts_with(type, (source || '.'::text))))
) with (autovacuum_analyze_scale_factor=0.05, autovacuum_vacuum_scale_factor=0.05);
CREATE UNIQUE INDEX events_seq_key ON platform.events USING btree (seq) WHERE (seq IS NOT NULL);
CREATE INDEX events_unsequenced_idx ON platform.events USING btree (xid, id) WHERE (seq IS NULL);
create policy events_read on platform.events for select to homeport_apps using (true);
create policy events_write on platform.events for insert to homeport_apps with check ((source = platform.calling_app()));
alter table platform.events enable row level security;

create table platform.idempotency_keys (
  app text not null,
  principal text not null,
  key text not null,
  request_hash bytea not null,
  claim uuid default gen_random_uuid() not null,
  claimed_at timestamp with time zone default now() not null,
  response_sealed bytea,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (app, principal, key),
  constraint idempotency_keys_key_check CHECK ((((length(key) >= 1) AND (length(key) <= 255)) AND (length(principal) <= 200))),
  constraint idempotency_keys_response_check CHECK ((octet_length(response_sealed) <= 1048576))
);
CREATE INDEX idempotency_keys_created_idx ON platform.idempotency_keys USING btree (app, created_at);
create policy idempotency_keys_own on platform.idempotency_keys for all to homeport_apps using ((app = platform.calling_app())) with check ((app = platform.calling_app()));
alter table platform.idempotency_keys enable row level security;

create table platform.migrations (
  app text not null,
  number integer not null,
  name text not null,
  checksum text not null,
  breaking text,
  applied_at timestamp with time zone default now() not null,
  constraint migrations_pkey PRIMARY KEY (app, number)
);

CREATE OR REPLACE FUNCTION platform.calling_app()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
RETURN replace(substr((CURRENT_USER)::text, 4), '_'::text, '-'::text);

CREATE OR REPLACE FUNCTION platform.prune_events(keep_days integer, max_rows integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  cutoff constant timestamptz := now() - make_interval(days => keep_days);
  start bigint;
  upto bigint;
  removed bigint;
begin
  if keep_days < 7 then
    raise exception 'events are kept for at least 7 days, not %', keep_days;
  end if;
  select pruned into start from platform.event_sequence for update skip locked;
  if not found then
    return 0;
  end if;
  select coalesce(min(seq) filter (where occurred_at >= cutoff) - 1, max(seq)) into upto
  from (select seq, occurred_at from platform.events where seq > start order by seq limit max_rows) as oldest;
  select least(upto, min(seq)) into upto from platform.event_cursors where moved_at >= cutoff;
  delete from platform.events where seq <= upto;
  get diagnostics removed = row_count;
  if removed > 0 then
    update platform.event_sequence set pruned = upto;
  end if;
  return removed;
end;
$function$;

CREATE OR REPLACE FUNCTION platform.sequence_events(max_events integer, OUT head bigint, OUT pending boolean)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
declare
  before bigint;
  given bigint;
begin
  pending := exists (select from platform.events where seq is null);
  if not pending then -- the idle case takes no lock and writes nothing
    select last into head from platform.event_sequence;
    return;
  end if;
  select last into before from platform.event_sequence for update skip locked;
  if not found then
    select last into head from platform.event_sequence;
    return;
  end if;
  -- A new statement, a new snapshot: it sees what the last holder of the row lock numbered. Visible rows at or above
  -- xmax were written by another cluster and came here by dump and restore.
  with ready as (
    select id, xid
    from platform.events
    where seq is null
      and (xid < pg_snapshot_xmin(pg_current_snapshot()) or xid >= pg_snapshot_xmax(pg_current_snapshot()))
    order by xid, id
    limit max_events
  ), numbered as (
    select id, before + row_number() over (order by xid, id) as seq
    from ready
  )
  update platform.events
  set seq = numbered.seq
  from numbered
  where events.id = numbered.id;
  get diagnostics given = row_count;
  head := before + given;
  if given > 0 then
    update platform.event_sequence set last = head;
    perform pg_notify('hp_events', head::text);
  end if;
  pending := exists (select from platform.events where seq is null);
end;
$function$;
