import type { Db } from "../db/types.ts";
import { chainOf, type Head } from "./chain.ts";

/** The hash and the signature are hex. */
export type Checkpoint = Head & { mac: string };

/** The chains after `after` by name; also one of which nothing but its checkpoints is left. */
export const listChains = async (sql: Db, after: string | null, limit: number): Promise<string[]> => {
  const rows = await sql<{ chain: string }[]>`
    select chain from platform.audit_chains where ${after}::uuid is null or chain > ${after}::uuid
    union
    select chain from platform.audit_checkpoints where ${after}::uuid is null or chain > ${after}::uuid
    order by chain
    limit ${limit}`;
  return rows.map(({ chain }) => chain);
};

/** Chains after `after` by name whose end is not their newest checkpoint. */
export const listMovedChains = async (
  sql: Db,
  after: string | null,
  limit: number,
): Promise<{ chain: string; newest: Checkpoint | null }[]> => sql<{ chain: string; newest: Checkpoint | null }[]>`
  select c.chain, newest.checkpoint as newest
  from platform.audit_chains c
  left join lateral (
    select p.seq, json_build_object('seq', p.seq, 'hash', encode(p.hash, 'hex'), 'mac', encode(p.mac, 'hex')) as checkpoint
    from platform.audit_checkpoints p
    where p.chain = c.chain
    order by p.seq desc
    limit 1
  ) newest on true
  where c.last_seq is distinct from newest.seq and (${after}::uuid is null or c.chain > ${after}::uuid)
  order by c.chain
  limit ${limit}`;

export const insertCheckpoint = async (
  sql: Db,
  organisationId: string | null,
  { seq, hash, mac }: Checkpoint,
): Promise<void> => {
  await sql`
    insert into platform.audit_checkpoints (chain, seq, hash, mac)
    values (${chainOf(organisationId)}, ${seq}, decode(${hash}, 'hex'), decode(${mac}, 'hex'))
    on conflict do nothing`;
};

/** Checkpoints of a chain after entry `after`, each with the hash that this entry has now; null when it is gone. */
export const listCheckpoints = (
  sql: Db,
  organisationId: string | null,
  after: number,
  limit: number,
): Promise<(Checkpoint & { madeAt: Date; entryHash: string | null })[]> => sql<
  (Checkpoint & { madeAt: Date; entryHash: string | null })[]
>`
  select p.seq, encode(p.hash, 'hex') as hash, encode(p.mac, 'hex') as mac, p.made_at as "madeAt",
    encode(e.hash, 'hex') as "entryHash"
  from platform.audit_checkpoints p
  left join platform.audit_entries e on e.chain = p.chain and e.seq = p.seq
  where p.chain = ${chainOf(organisationId)} and p.seq > ${after}
  order by p.seq
  limit ${limit}`;

/** Gives checkpoints of a chain new signatures. */
export const updateMacs = async (
  sql: Db,
  organisationId: string | null,
  signed: readonly { seq: number; mac: string }[],
): Promise<void> => {
  await sql`
    update platform.audit_checkpoints p
    set mac = decode(signed.mac, 'hex')
    from unnest(${signed.map(({ seq }) => seq)}::int8[], ${signed.map(({ mac }) => mac)}::text[]) as signed (seq, mac)
    where p.chain = ${chainOf(organisationId)} and p.seq = signed.seq`;
};
