-- The event log and what its consumers remember. Apps reach it as members of homeport_apps, within the row policies below.

-- The id of the app whose role is asking: role hp_my_app is app my-app.
create function platform.calling_app() returns text
language sql stable
set search_path = pg_catalog, pg_temp
return replace(substr(current_user::text, 4), '_', '-');

create table platform.events (
  id uuid not null,
  -- Null until the sequencer has seen the row as committed; then gapless, in an order no reader ever sees change.
  seq bigint,
  -- The writing transaction: rows of transactions that ended before the oldest open one began can get their number.
  xid xid8 not null default pg_current_xact_id(),
  type text not null,
  source text not null,
  subject text,
  organisation_id uuid,
  project_id uuid,
  data jsonb not null,
  actor jsonb,
  occurred_at timestamptz not null default clock_timestamp(),
  constraint events_pkey primary key (id),
  constraint events_type_check check (
    length(type) <= 120 and type ~ '^[a-z][a-z0-9-]*([.][a-z0-9][a-z0-9_-]*)+$' and starts_with(type, source || '.')
  ),
  constraint events_subject_check check (length(subject) <= 300),
  -- Backstop of the limit that emit() explains; stored size, because every later update checks it again.
  constraint events_size_check check (pg_column_size(data) <= 131072 and pg_column_size(actor) <= 16384)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create unique index events_seq_key on platform.events (seq) where seq is not null;
create index events_unsequenced_idx on platform.events (xid, id) where seq is null;

-- One row: the last number given, and the last number whose event was removed for its age.
create table platform.event_sequence (
  only_row boolean not null default true,
  last bigint not null default 0,
  pruned bigint not null default 0,
  constraint event_sequence_pkey primary key (only_row),
  constraint event_sequence_check check (only_row)
);
insert into platform.event_sequence default values;

create table platform.event_cursors (
  app text not null,
  name text not null,
  -- Events up to here are done.
  seq bigint not null,
  -- Failed tries of the event after seq, and when it may be tried again.
  attempts integer not null default 0,
  retry_at timestamptz not null default '-infinity',
  last_error text,
  moved_at timestamptz not null default now(),
  constraint event_cursors_pkey primary key (app, name),
  constraint event_cursors_name_check check (length(name) between 1 and 100),
  constraint event_cursors_error_check check (length(last_error) <= 4000)
) with (fillfactor = 50);

-- Events a consumer gave up on, whole, because the log forgets them after its retention.
create table platform.event_failures (
  app text not null,
  name text not null,
  seq bigint not null,
  event jsonb not null,
  error text not null,
  attempts integer not null,
  failed_at timestamptz not null default now(),
  constraint event_failures_pkey primary key (app, name, seq),
  constraint event_failures_error_check check (length(error) <= 4000)
);

-- Gives numbers to at most max_events committed events. Any process may call it at any time; one works, the others
-- come back at once. head is the last number given, pending says that events wait for one.
create function platform.sequence_events(max_events integer, out head bigint, out pending boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- a plan made while the table was small must not scan it when it has grown
as $$
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
$$;

-- Removes events older than keep_days, oldest first, at most max_rows of them, and never one that a consumer still has
-- to read, unless that consumer has not moved for as long either. Returns how many.
create function platform.prune_events(keep_days integer, max_rows integer) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
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
$$;

alter table platform.events enable row level security;
create policy events_read on platform.events for select to homeport_apps using (true);
create policy events_write on platform.events for insert to homeport_apps with check (source = platform.calling_app());

alter table platform.event_cursors enable row level security;
create policy event_cursors_own on platform.event_cursors to homeport_apps
  using (app = platform.calling_app()) with check (app = platform.calling_app());

alter table platform.event_failures enable row level security;
create policy event_failures_own on platform.event_failures to homeport_apps
  using (app = platform.calling_app()) with check (app = platform.calling_app());

revoke execute on all functions in schema platform from public;
grant execute on function platform.calling_app(), platform.sequence_events(integer), platform.prune_events(integer, integer) to homeport_apps;
grant select on platform.events, platform.event_sequence to homeport_apps;
grant insert (id, type, source, subject, organisation_id, project_id, data, actor, occurred_at) on platform.events to homeport_apps;
grant select, insert, update, delete on platform.event_cursors, platform.event_failures to homeport_apps;
