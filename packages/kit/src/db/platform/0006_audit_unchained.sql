-- Entries of a transaction are found by when they were made, not by chain: those that were chained meanwhile leave dead
-- index entries until the table is vacuumed, and while a backup holds a snapshot each commit went through all of them.
drop index platform.audit_entries_unchained_idx;
create index audit_entries_unchained_idx on platform.audit_entries (id) where seq is null;

-- As before, but from the entry on that it is called for. Ids rise with time, so the first call of a transaction does it
-- for all of them; one that is left out, after a step back of the clock, has its own call.
create or replace function platform.chain_audit_entries() returns trigger
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
$$;
