-- What the migrations of this folder add up to, for reading and for reviews. Made by
-- "bun packages/kit/src/db/dump-cli.ts"; never edited, never run.

create table platform.audit_chains (
  chain uuid not null,
  last_seq bigint default 0 not null,
  last_hash bytea default decode(repeat('00'::text, 32), 'hex'::text) not null,
  constraint audit_chains_pkey PRIMARY KEY (chain),
  constraint audit_chains_hash_check CHECK ((octet_length(last_hash) = 32))
) with (fillfactor=50);
create policy audit_chains_read on platform.audit_chains for select to homeport_apps using ((( SELECT platform.calling_app() AS calling_app) = 'auth'::text));
alter table platform.audit_chains enable row level security;

create table platform.audit_checkpoints (
  chain uuid not null,
  seq bigint not null,
  hash bytea not null,
  mac bytea not null,
  made_at timestamp with time zone default now() not null,
  constraint audit_checkpoints_pkey PRIMARY KEY (chain, seq),
  constraint audit_checkpoints_hash_check CHECK (((octet_length(hash) = 32) AND (octet_length(mac) = 32)))
);
create policy audit_checkpoints_read on platform.audit_checkpoints for select to homeport_apps using ((( SELECT platform.calling_app() AS calling_app) = 'auth'::text));
create policy audit_checkpoints_write on platform.audit_checkpoints for insert to homeport_apps with check ((platform.calling_app() = 'auth'::text));
alter table platform.audit_checkpoints enable row level security;

create table platform.audit_entries (
  id uuid not null,
  organisation_id uuid,
  chain uuid generated always as (COALESCE(organisation_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored not null,
  seq bigint,
  content text not null,
  prev_hash bytea,
  hash bytea,
  app text collate "C" generated always as (((content)::jsonb ->> 'app'::text)) stored not null,
  action text collate "C" generated always as (((content)::jsonb ->> 'action'::text)) stored not null,
  subject_kind text collate "C" generated always as ((((content)::jsonb -> 'subject'::text) ->> 'kind'::text)) stored not null,
  subject_id text collate "C" generated always as ((((content)::jsonb -> 'subject'::text) ->> 'id'::text)) stored not null,
  actor_kind text collate "C" generated always as ((((content)::jsonb -> 'actor'::text) ->> 'kind'::text)) stored not null,
  actor_id text collate "C" generated always as ((((content)::jsonb -> 'actor'::text) ->> 'id'::text)) stored not null,
  project_id uuid generated always as ((((content)::jsonb ->> 'projectId'::text))::uuid) stored,
  occurred_at text collate "C" generated always as (((content)::jsonb ->> 'occurredAt'::text)) stored not null,
  constraint audit_entries_pkey PRIMARY KEY (id),
  constraint audit_entries_action_check CHECK (((length(action) <= 100) AND (action ~ '^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$'::text))),
  constraint audit_entries_chained_check CHECK ((((seq IS NULL) AND (prev_hash IS NULL) AND (hash IS NULL)) OR ((seq > 0) AND (octet_length(prev_hash) = 32) AND (octet_length(hash) = 32)))),
  constraint audit_entries_content_check CHECK (((octet_length(content) <= 65536) AND (id = (((content)::jsonb ->> 'id'::text))::uuid) AND (NOT (organisation_id IS DISTINCT FROM (((content)::jsonb ->> 'organisationId'::text))::uuid)))),
  constraint audit_entries_occurred_check CHECK ((occurred_at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$'::text))
) with (autovacuum_analyze_scale_factor=0.05, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX audit_entries_action_idx ON platform.audit_entries USING btree (chain, action, seq) WHERE (seq IS NOT NULL);
CREATE INDEX audit_entries_actor_idx ON platform.audit_entries USING btree (chain, actor_id, seq) WHERE (seq IS NOT NULL);
CREATE UNIQUE INDEX audit_entries_chain_key ON platform.audit_entries USING btree (chain, seq) WHERE (seq IS NOT NULL);
CREATE INDEX audit_entries_occurred_idx ON platform.audit_entries USING btree (chain, occurred_at) WHERE (seq IS NOT NULL);
CREATE INDEX audit_entries_project_idx ON platform.audit_entries USING btree (chain, project_id, seq) WHERE ((seq IS NOT NULL) AND (project_id IS NOT NULL));
CREATE INDEX audit_entries_subject_idx ON platform.audit_entries USING btree (chain, subject_id, seq) WHERE (seq IS NOT NULL);
CREATE INDEX audit_entries_unchained_idx ON platform.audit_entries USING btree (id) WHERE (seq IS NULL);
CREATE CONSTRAINT TRIGGER audit_entries_chain AFTER INSERT ON platform.audit_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION platform.chain_audit_entries();
create policy audit_entries_read on platform.audit_entries for select to homeport_apps using ((( SELECT platform.calling_app() AS calling_app) = 'auth'::text));
create policy audit_entries_write on platform.audit_entries for insert to homeport_apps with check ((app = platform.calling_app()));
alter table platform.audit_entries enable row level security;

create table platform.data_key_usage (
  app text not null,
  key_id integer not null,
  remaining bigint not null,
  checked_at timestamp with time zone not null,
  source text not null,
  constraint data_key_usage_pkey PRIMARY KEY (app, source, key_id),
  constraint data_key_usage_remaining_check CHECK ((remaining >= 0)),
  constraint data_key_usage_key_id_fkey FOREIGN KEY (key_id) REFERENCES platform.data_keys(id) ON DELETE CASCADE
);
create policy data_key_usage_own on platform.data_key_usage for all to homeport_apps using ((app = platform.calling_app())) with check ((app = platform.calling_app()));
alter table platform.data_key_usage enable row level security;

create table platform.data_keys (
  id integer not null,
  wrapped bytea not null,
  active_from timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  constraint data_keys_pkey PRIMARY KEY (id),
  constraint data_keys_id_check CHECK ((id > 0)),
  constraint data_keys_wrapped_check CHECK ((octet_length(wrapped) = 60))
);

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
  organisation_id uuid not null,
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

create table platform.root_secret (
  only_one boolean default true not null,
  proof bytea not null,
  constraint root_secret_pkey PRIMARY KEY (only_one),
  constraint root_secret_only_one_check CHECK (only_one),
  constraint root_secret_proof_check CHECK ((octet_length(proof) = 32))
);

create table platform.settings (
  app text not null,
  key text not null,
  value jsonb,
  value_sealed bytea,
  updated_by text not null,
  updated_at timestamp with time zone not null,
  version bigint not null,
  constraint settings_pkey PRIMARY KEY (app, key),
  constraint settings_name_check CHECK (((app ~ '^[a-z][a-z0-9-]{0,39}$'::text) AND (key ~ '^[a-z][a-z0-9-]{0,59}$'::text))),
  constraint settings_one_value_check CHECK ((num_nonnulls(value, value_sealed) <= 1)),
  constraint settings_size_check CHECK (((pg_column_size(value) <= 262144) AND (octet_length(value_sealed) <= 65536))),
  constraint settings_updated_by_check CHECK ((length(updated_by) <= 300))
);
CREATE TRIGGER settings_changed AFTER INSERT OR DELETE OR UPDATE OF value, version ON platform.settings FOR EACH STATEMENT EXECUTE FUNCTION platform.notify_settings();
create policy settings_manage on platform.settings for all to homeport_apps using ((platform.calling_app() = 'settings'::text)) with check ((platform.calling_app() = 'settings'::text));
create policy settings_read_own on platform.settings for select to homeport_apps using ((app = platform.calling_app()));
alter table platform.settings enable row level security;

CREATE OR REPLACE FUNCTION platform.calling_app()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
RETURN replace(substr((CURRENT_USER)::text, 4), '_'::text, '-'::text);

CREATE OR REPLACE FUNCTION platform.chain_audit_entries()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
declare
  written record;
  entry record;
  head platform.audit_chains;
begin
  if not exists (select from platform.audit_entries where id = new.id and seq is null) then
    return null;
  end if;
  -- Chains in one order: two transactions that write to the same two do not wait for each other in turn.
  for written in
    select distinct chain from platform.audit_entries where seq is null and id >= new.id order by chain
  loop
    select * into head from platform.audit_chains where chain = written.chain for update;
    if not found then
      insert into platform.audit_chains (chain) values (written.chain) on conflict do nothing;
      select * into head from platform.audit_chains where chain = written.chain for update;
    end if;
    for entry in
      select id, content from platform.audit_entries
      where seq is null and id >= new.id and chain = written.chain
      order by id
    loop
      head.last_seq := head.last_seq + 1;
      update platform.audit_entries
      set seq = head.last_seq,
        prev_hash = head.last_hash,
        hash = sha256(head.last_hash || convert_to(head.last_seq::text || E'\n' || entry.content, 'UTF8'))
      where id = entry.id
      returning hash into head.last_hash;
    end loop;
    update platform.audit_chains set last_seq = head.last_seq, last_hash = head.last_hash where chain = head.chain;
  end loop;
  return null;
end;
$function$;

CREATE OR REPLACE FUNCTION platform.notify_settings()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform pg_notify('hp_settings', '');
  return null;
end;
$function$;

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
