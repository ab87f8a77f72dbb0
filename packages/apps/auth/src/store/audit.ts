import { chainOf } from "@homeport/kit/audit/chain.ts";
import { AuditRecord } from "@homeport/kit/audit/record.ts";
import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { AuditFilter, LoggedEntry } from "../audit-log.ts";

type Row = Omit<LoggedEntry, "record">;

const toEntry = (row: Row): LoggedEntry => ({ ...row, record: AuditRecord.parse(JSON.parse(row.content)) });

/** Entries newest first, those before number `before` when given. */
export const listEntries = async (
  sql: Db,
  organisationId: OrganisationId | null,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): Promise<LoggedEntry[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from platform.audit_entries
    where ${matching(sql, organisationId, filter)}
      ${before === null ? sql`` : sql`and seq < ${before}`}
    order by seq desc
    limit ${limit}`;
  return rows.map(toEntry);
};

/** Entries in their own order, after number `after`. */
export const listEntriesAfter = async (
  sql: Db,
  organisationId: OrganisationId | null,
  filter: AuditFilter,
  after: number,
  limit: number,
): Promise<LoggedEntry[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from platform.audit_entries
    where ${matching(sql, organisationId, filter)}
      and seq > ${after}
    order by seq
    limit ${limit}`;
  return rows.map(toEntry);
};

const columns = (sql: Db) => sql`seq, encode(prev_hash, 'hex') as "prevHash", encode(hash, 'hex') as hash, content`;

/** Only the conditions that there are: the planner chooses an index by them. */
const matching = (sql: Db, organisationId: OrganisationId | null, filter: AuditFilter) => {
  const { action, actor, subject, project, from, to, text } = filter;
  return sql`
    chain = ${chainOf(organisationId)} and seq is not null
    ${action === null ? sql`` : sql`and starts_with(action, ${action})`}
    ${actor === null ? sql`` : sql`and actor_id = ${actor}`}
    ${subject === null ? sql`` : sql`and subject_id = ${subject}`}
    ${project === null ? sql`` : sql`and project_id = ${project}`}
    ${from === null ? sql`` : sql`and occurred_at >= ${from.toISOString()}`}
    ${to === null ? sql`` : sql`and occurred_at < ${to.toISOString()}`}
    ${text === null ? sql`` : sql`and strpos(lower(content), lower(${asInJson(text)})) > 0`}`;
};

/** As the text stands in the JSON of an entry: with its quotes and line ends escaped. */
const asInJson = (text: string): string => JSON.stringify(text).slice(1, -1);
