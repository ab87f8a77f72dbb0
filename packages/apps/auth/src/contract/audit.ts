import { AuditRecord } from "@homeport/kit/audit/record.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { type AuditLog, INSTANCE_LOG, ORGANISATION_LOG } from "../audit-log.ts";

/** What narrows a list or an export. */
export const AuditQuery = z.object({
  action: z.string().max(100).optional().describe("What the action begins with: project: or project:remove"),
  actor: z.string().max(300).optional().describe("The id of who did it"),
  subject: z.string().max(300).optional().describe("The id of what it was done to"),
  project: z.uuid().optional(),
  from: Instant.optional().describe("From this moment on"),
  to: Instant.optional().describe("Before this moment"),
  text: z.string().max(200).optional().describe("Somewhere in the entry"),
});

export const AuditExportQuery = AuditQuery.extend({ format: z.enum(["jsonl", "csv"]).default("jsonl") });

const AuditEntryWire = AuditRecord.extend({
  /** Its place in the log, gapless from 1. */
  seq: z.int(),
  hash: z.string(),
});

const AuditReportWire = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), entries: z.int(), head: z.object({ seq: z.int(), hash: z.string() }) }),
  z.object({ ok: z.literal(false), brokenAt: z.int(), why: z.string() }),
]);

const routesOf = (log: AuditLog, of: string) => ({
  list: route({
    method: "GET",
    path: log.api,
    action: log.read,
    resource: log.resource,
    summary: `List what was changed in ${of}, newest first`,
    input: PageQuery.extend(AuditQuery.shape),
    output: pageOf(AuditEntryWire),
  }),
  verify: route({
    method: "GET",
    path: `${log.api}/verify`,
    action: log.verify,
    resource: log.resource,
    summary: `Check that nothing in the audit log of ${of} was changed or removed`,
    input: z.object({}),
    output: AuditReportWire,
  }),
});

export const auditContract = {
  audit: routesOf(ORGANISATION_LOG, "your organisation"),
  instanceAudit: routesOf(INSTANCE_LOG, "the platform"),
};
