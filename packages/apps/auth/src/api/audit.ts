import type { Handlers } from "@homeport/kit/http/api.ts";
import type { z } from "zod";
import {
  type AuditFilter,
  type AuditLog,
  INSTANCE_LOG,
  type LoggedEntry,
  logOwner,
  ORGANISATION_LOG,
} from "../audit-log.ts";
import type { AuditQuery, auditContract } from "../contract/audit.ts";
import type { AuditLogs } from "../service/audit.ts";

export const auditHandlers = (logs: AuditLogs): Handlers<typeof auditContract> => ({
  audit: handlersOf(logs, ORGANISATION_LOG),
  instanceAudit: handlersOf(logs, INSTANCE_LOG),
});

const handlersOf = (logs: AuditLogs, log: AuditLog): Handlers<typeof auditContract.audit> => ({
  async list({ resource }, input) {
    const { items, nextCursor } = await logs.list(logOwner(log, resource), toFilter(input), input);
    return { items: items.map(entryToWire), nextCursor };
  },
  verify: async ({ resource, signal }) => logs.verify(logOwner(log, resource), signal),
});

export const toFilter = (query: z.output<typeof AuditQuery>): AuditFilter => ({
  action: query.action ?? null,
  actor: query.actor ?? null,
  subject: query.subject ?? null,
  project: query.project ?? null,
  from: query.from === undefined ? null : new Date(query.from),
  to: query.to === undefined ? null : new Date(query.to),
  text: query.text ?? null,
});

/** Without the content, which is the record once more. */
const entryToWire = ({ seq, hash, record }: LoggedEntry) => ({ ...record, seq, hash });
