-- The audit log: what was changed, by whom. Every organisation has a chain of entries, and the platform has one. Each
-- entry's hash covers the one before it, so nobody can alter, remove or reorder entries unseen.
create table platform.audit_entries (
  id uuid not null,
  -- Null for the chain of the platform itself.
  organisation_id uuid,
  -- The organisation's id; all zeros for the platform.
  chain uuid not null generated always as (coalesce(organisation_id, '00000000-0000-0000-0000-000000000000')) stored,
  -- Null until the transaction commits; then gapless within the chain.
  seq bigint,
  -- JSON as it was written. It is what is hashed, so it is kept to the byte.
  content text not null,
  prev_hash bytea,
  hash bytea,
  -- For searching; readers show the content.
  app text collate "C" not null generated always as (content::jsonb ->> 'app') stored,
  action text collate "C" not null generated always as (content::jsonb ->> 'action') stored,
  subject_kind text collate "C" not null generated always as (content::jsonb -> 'subject' ->> 'kind') stored,
  subject_id text collate "C" not null generated always as (content::jsonb -> 'subject' ->> 'id') stored,
  actor_kind text collate "C" not null generated always as (content::jsonb -> 'actor' ->> 'kind') stored,
  actor_id text collate "C" not null generated always as (content::jsonb -> 'actor' ->> 'id') stored,
  project_id uuid generated always as ((content::jsonb ->> 'projectId')::uuid) stored,
  -- Text, because reading a timestamp depends on settings; the check makes its order that of time.
  occurred_at text collate "C" not null generated always as (content::jsonb ->> 'occurredAt') stored,
  constraint audit_entries_pkey primary key (id),
  constraint audit_entries_content_check check (
    octet_length(content) <= 65536
    and id = (content::jsonb ->> 'id')::uuid
    and organisation_id is not distinct from (content::jsonb ->> 'organisationId')::uuid
  ),
  constraint audit_entries_action_check check (length(action) <= 100 and action ~ '^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$'),
  constraint audit_entries_occurred_check check (
    occurred_at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$'
  ),
  constraint audit_entries_chained_check check (
    (seq is null and prev_hash is null and hash is null)
    or (seq > 0 and octet_length(prev_hash) = 32 and octet_length(hash) = 32)
  )
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create unique index audit_entries_chain_key on platform.audit_entries (chain, seq) where seq is not null;
create index audit_entries_unchained_idx on platform.audit_entries (chain, id) where seq is null;
create index audit_entries_action_idx on platform.audit_entries (chain, action, seq) where seq is not null;
create index audit_entries_actor_idx on platform.audit_entries (chain, actor_id, seq) where seq is not null;
create index audit_entries_subject_idx on platform.audit_entries (chain, subject_id, seq) where seq is not null;
create index audit_entries_project_idx on platform.audit_entries (chain, project_id, seq) where seq is not null and project_id is not null;
create index audit_entries_occurred_idx on platform.audit_entries (chain, occurred_at) where seq is not null;

-- The last entry of each chain. The row is locked from the moment a transaction chains its entries to its end.
create table platform.audit_chains (
  chain uuid not null,
  last_seq bigint not null default 0,
  last_hash bytea not null default decode(repeat('00', 32), 'hex'),
  constraint audit_chains_pkey primary key (chain),
  constraint audit_chains_hash_check check (octet_length(last_hash) = 32)
) with (fillfactor = 50);

-- Signed places in the chains. Who can write this database has not the key, and so cannot rewrite what lies before one.
create table platform.audit_checkpoints (
  chain uuid not null,
  seq bigint not null,
  hash bytea not null,
  mac bytea not null,
  made_at timestamptz not null default now(),
  constraint audit_checkpoints_pkey primary key (chain, seq),
  constraint audit_checkpoints_hash_check check (octet_length(hash) = 32 and octet_length(mac) = 32)
);

-- Puts the entries of a transaction at the end of their chains, as the last thing before it commits. The first call
-- does it for all of them; rows without a number that it can see are always its own.
create function platform.chain_audit_entries() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- a plan made while the table was small must not scan it when it has grown
as $$
declare
  written record;
  entry record;
  head platform.audit_chains;
begin
  if not exists (select from platform.audit_entries where id = new.id and seq is null) then
    return null;
  end if;
  -- Chains in one order: two transactions that write to the same two do not wait for each other in turn.
  for written in select distinct chain from platform.audit_entries where seq is null order by chain
  loop
    select * into head from platform.audit_chains where chain = written.chain for update;
    if not found then
      insert into platform.audit_chains (chain) values (written.chain) on conflict do nothing;
      select * into head from platform.audit_chains where chain = written.chain for update;
    end if;
    for entry in select id, content from platform.audit_entries where chain = written.chain and seq is null order by id
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
$$;

create constraint trigger audit_entries_chain
after insert on platform.audit_entries
deferrable initially deferred
for each row execute function platform.chain_audit_entries();

-- Apps add entries in their own name. Only the auth app, which shows the log, reads any; (select ...) asks who it is once
-- a statement, not for each row.
alter table platform.audit_entries enable row level security;
create policy audit_entries_write on platform.audit_entries for insert to homeport_apps with check (app = platform.calling_app());
create policy audit_entries_read on platform.audit_entries for select to homeport_apps using ((select platform.calling_app()) = 'auth');

alter table platform.audit_chains enable row level security;
create policy audit_chains_read on platform.audit_chains for select to homeport_apps using ((select platform.calling_app()) = 'auth');

alter table platform.audit_checkpoints enable row level security;
create policy audit_checkpoints_read on platform.audit_checkpoints for select to homeport_apps using ((select platform.calling_app()) = 'auth');
create policy audit_checkpoints_write on platform.audit_checkpoints for insert to homeport_apps
  with check (platform.calling_app() = 'auth');

revoke execute on function platform.chain_audit_entries() from public;
grant insert (id, organisation_id, content) on platform.audit_entries to homeport_apps;
grant insert (chain, seq, hash, mac) on platform.audit_checkpoints to homeport_apps;
grant select on platform.audit_entries, platform.audit_chains, platform.audit_checkpoints to homeport_apps;
