import { parseForm } from "@homeport/kit/form.ts";
import type { RawRoute } from "@homeport/kit/http/routes.ts";
import { textStream } from "@homeport/kit/http/text-stream.ts";
import type { Logger } from "@homeport/kit/log.ts";
import { type AuditLog, INSTANCE_LOG, logOwner, ORGANISATION_LOG } from "../audit-log.ts";
import { AuditExportQuery } from "../contract/audit.ts";
import type { AuditLogs } from "../service/audit.ts";
import { toFilter } from "./audit.ts";

/** An export that is not read for so long is given up. */
const STALL_MS = 60_000;

const TYPES = { jsonl: "application/jsonl; charset=utf-8", csv: "text/csv; charset=utf-8" } as const;

/** `GET .../audit/export`: every entry that the query asks for, as a file. */
export const auditExportRoutes = (logs: AuditLogs, log: Logger): RawRoute[] =>
  [ORGANISATION_LOG, INSTANCE_LOG].map((auditLog) => exportRoute(logs, auditLog, log));

const exportRoute = (logs: AuditLogs, auditLog: AuditLog, log: Logger): RawRoute => ({
  method: "GET",
  path: `/api/v1/auth${auditLog.api}/export`,
  action: auditLog.read,
  resource: auditLog.resource,
  async handle({ url, resource }) {
    const { format, ...query } = parseForm(AuditExportQuery, Object.fromEntries(url.searchParams));
    const lines = logs.exportLines(logOwner(auditLog, resource), toFilter(query), format);
    const onEnd = (err: unknown) => {
      if (err !== null) log.warn({ err }, "an export of an audit log was cut off");
    };
    return new Response(textStream(lines, { stallMs: STALL_MS, onEnd }).stream, {
      headers: {
        "content-type": TYPES[format],
        "content-disposition": `attachment; filename="audit.${format}"`,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  },
});
