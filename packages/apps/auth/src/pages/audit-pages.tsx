import type { ChainReport } from "@homeport/kit/audit/verify.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { Page, PageContext, PageView } from "@homeport/kit/page.ts";
import { type AuditFilter, type AuditLog, INSTANCE_LOG, logOwner, ORGANISATION_LOG } from "../audit-log.ts";
import type { AuditLogs } from "../service/audit.ts";
import { AuditPage } from "./audit.page.tsx";
import { auditPaths, dayAfter, startOf } from "./audit-paths.ts";
import { type AuditView, readAuditView } from "./audit-view.ts";

const ROWS = 50;

/** The audit logs of the caller's organisation and of the platform. */
export const auditPages = (logs: AuditLogs): Page[] =>
  [ORGANISATION_LOG, INSTANCE_LOG].flatMap((log) => pagesOf(logs, log));

const pagesOf = (logs: AuditLogs, log: AuditLog): Page[] => {
  const show = async (context: PageContext, view: AuditView, report?: ChainReport): Promise<PageView> => {
    const owner = logOwner(log, context.resource);
    const cursor = view.cursor === "" ? undefined : view.cursor;
    const { items, nextCursor } = await logs.list(owner, filterOf(view), { cursor, limit: ROWS });
    return {
      title: log.title,
      body: <AuditPage {...{ log, view, member: memberOf(context), entries: items, nextCursor, report }} />,
    };
  };
  return [
    {
      path: log.page,
      action: log.read,
      resource: log.resource,
      render: (context) => show(context, readAuditView(context.url.searchParams)),
    },
    {
      method: "POST",
      path: auditPaths(log).verify,
      action: log.verify,
      resource: log.resource,
      render: async (context) => {
        const report = await logs.verify(logOwner(log, context.resource), context.signal);
        return show(context, readAuditView(new URLSearchParams()), report);
      },
    },
  ];
};

const filterOf = (view: AuditView): AuditFilter => ({
  action: view.action || null,
  actor: view.actor || null,
  subject: view.subject || null,
  project: view.project || null,
  from: view.from === "" ? null : new Date(startOf(view.from)),
  to: view.to === "" ? null : new Date(dayAfter(view.to)),
  text: view.text || null,
});
