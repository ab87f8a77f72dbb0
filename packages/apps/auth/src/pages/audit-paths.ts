import type { AuditLog } from "../audit-log.ts";
import { type AuditView, EMPTY_VIEW, viewFields } from "./audit-view.ts";

/** Every address of the pages of an audit log; nothing else builds one. */
export const auditPaths = (log: AuditLog) => ({
  list: (view: Partial<AuditView> = {}) => withQuery(log.page, viewFields({ ...EMPTY_VIEW, ...view })),
  verify: `${log.page}/verify` as const,
  download: (view: AuditView, format: "jsonl" | "csv") => {
    const { cursor: _cursor, from, to, ...rest } = viewFields(view);
    const times = { ...(from && { from: startOf(from) }), ...(to && { to: dayAfter(to) }) };
    return withQuery(`/api/v1/auth${log.api}/export`, { ...rest, ...times, format });
  },
});

/** A day of the form begins at midnight UTC; the last one is looked at to its end. */
export const startOf = (day: string): string => `${day}T00:00:00.000Z`;
export const dayAfter = (day: string): string => new Date(Date.parse(startOf(day)) + 24 * 3600 * 1000).toISOString();

const withQuery = (path: string, fields: Record<string, string>): string => {
  const query = new URLSearchParams(fields).toString();
  return query === "" ? path : `${path}?${query}`;
};
