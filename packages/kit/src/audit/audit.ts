import type { Sql, Tx } from "../db/types.ts";
import { appActor, auditActorOf } from "./actor.ts";
import { type Call, currentCall } from "./call.ts";
import { printable, printText } from "./printable.ts";
import type { AuditActor, AuditRecord } from "./record.ts";
import { insertEntry } from "./store.ts";

/** What a writer says; who did it, from where and when is added. */
export type AuditEntry = {
  /** The id of the app that writes; the database refuses any other. */
  app: string;
  /** `noun:verb`: the action of the route, or a finer one. */
  action: string;
  /** Whose chain it goes to; null for the platform's own. */
  organisationId: string | null;
  projectId?: string | null;
  subject: { kind: string; id: string; name?: string };
  /** Only what changed, see `changes`. Secrets are masked and long values cut. */
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
  reason?: string;
  /** Who did it, when the request shows that by a credential that only the app knows. */
  actor?: AuditActor;
};

/** The same as in the table's check. */
const MAX_BYTES = 64 * 1024;
const MAX_ID = 300;
const MAX_NAME = 200;

/**
 * Writes an entry of the audit log with the rest of the transaction `db`: it exists exactly if the change it tells of
 * does. Its place in the chain is given when that commits.
 */
export const audit = async (db: Tx | Sql, entry: AuditEntry): Promise<void> => {
  const record = recordOf(entry, currentCall());
  await insertEntry(db, { id: record.id, organisationId: record.organisationId, content: contentOf(record) });
};

const recordOf = (entry: AuditEntry, call: Call | null): AuditRecord => ({
  id: Bun.randomUUIDv7(),
  app: entry.app,
  action: entry.action,
  organisationId: entry.organisationId?.toLowerCase() ?? null,
  projectId: entry.projectId?.toLowerCase() ?? null,
  subject: {
    kind: entry.subject.kind,
    id: printText(entry.subject.id, MAX_ID),
    ...(entry.subject.name === undefined ? {} : { name: printText(entry.subject.name, MAX_NAME) }),
  },
  actor: entry.actor ?? (call === null ? appActor(entry.app) : auditActorOf(call.principal)),
  address: call?.address ?? null,
  userAgent: call?.userAgent === undefined ? null : printText(call.userAgent),
  requestId: call?.requestId ?? null,
  occurredAt: new Date().toISOString(),
  reason: entry.reason === undefined ? null : printText(entry.reason),
  before: fieldsOf(entry.before),
  after: fieldsOf(entry.after),
});

const fieldsOf = (fields: Record<string, unknown> | null | undefined): AuditRecord["before"] =>
  fields ? (printable(fields) as Record<string, unknown>) : null;

/** The JSON that is stored; without the values when these make it too large, because the rest matters more. */
const contentOf = (record: AuditRecord): string => {
  const content = JSON.stringify(record);
  const size = Buffer.byteLength(content);
  if (size <= MAX_BYTES) return content;
  const cut = { "[cut]": `the values of this entry had ${size} bytes` };
  return JSON.stringify({ ...record, before: record.before && cut, after: record.after && cut });
};
