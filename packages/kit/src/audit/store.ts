import type { Db } from "../db/types.ts";
import { chainOf, type Head, type Link } from "./chain.ts";
import type { AuditRecord } from "./record.ts";

export const insertEntry = async (
  sql: Db,
  entry: { id: string; organisationId: string | null; content: string },
): Promise<void> => {
  await sql`
    insert into platform.audit_entries (id, organisation_id, content)
    values (${entry.id}, ${entry.organisationId}, ${entry.content})`;
};

/** What a chain says of its end, and what is there. */
export type ChainEnd = {
  /** Null when the chain's row is gone or was never made. */
  stated: Head | null;
  /** The last number that an entry has; 0 when there is none. */
  lastSeq: number;
  /** Whether an entry was committed without being chained. */
  hasUnchained: boolean;
};

/** In one statement: entries that are added meanwhile are in all three or in none. */
export const readChainEnd = async (sql: Db, organisationId: string | null): Promise<ChainEnd> => {
  const chain = chainOf(organisationId);
  const [row] = await sql<[{ seq: number | null; hash: string | null; lastSeq: number; hasUnchained: boolean }]>`
    select c.last_seq as seq, encode(c.last_hash, 'hex') as hash,
      coalesce((select max(seq) from platform.audit_entries where chain = ${chain} and seq is not null), 0) as "lastSeq",
      exists (select from platform.audit_entries where chain = ${chain} and seq is null) as "hasUnchained"
    from (select) as always
    left join platform.audit_chains c on c.chain = ${chain}`;
  const stated = row.seq === null || row.hash === null ? null : { seq: row.seq, hash: row.hash };
  return { stated, lastSeq: row.lastSeq, hasUnchained: row.hasUnchained };
};

/** What an entry is found by; each a copy of a part of its content. */
export type SearchColumns = Pick<
  AuditRecord,
  "id" | "app" | "action" | "organisationId" | "projectId" | "occurredAt"
> & {
  subjectKind: string;
  subjectId: string;
  actorKind: string;
  actorId: string;
};

/** Entries with a number over `after`, up to `upTo`. One more than fits: a number that is there twice must show. */
export const listLinks = (
  sql: Db,
  organisationId: string | null,
  after: number,
  upTo: number,
): Promise<(Link & { columns: SearchColumns })[]> => sql<(Link & { columns: SearchColumns })[]>`
  select seq, encode(prev_hash, 'hex') as "prevHash", encode(hash, 'hex') as hash, content,
    json_build_object(
      'id', id, 'app', app, 'action', action, 'organisationId', organisation_id, 'projectId', project_id,
      'occurredAt', occurred_at, 'subjectKind', subject_kind, 'subjectId', subject_id, 'actorKind', actor_kind,
      'actorId', actor_id
    ) as columns
  from platform.audit_entries
  where chain = ${chainOf(organisationId)} and seq > ${after} and seq <= ${upTo}
  order by seq, id
  limit ${upTo - after + 1}`;
