import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { type AuditEntry, audit } from "@homeport/kit/audit/audit.ts";
import { checkpointKey } from "@homeport/kit/audit/checkpoints.ts";
import type { ActionRule } from "@homeport/kit/authorize.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import type { MemberPrincipal, Role } from "@homeport/kit/principal.ts";
import { startTestApp, type TestApp, type TestOrganisation } from "@homeport/kit/test/app.ts";
import { auditHandlers } from "../src/api/audit.ts";
import { auditExportRoutes } from "../src/api/audit-export.ts";
import { auditContract } from "../src/contract/audit.ts";
import { auditPages } from "../src/pages/audit-pages.tsx";
import { type AuditLogs, createAuditLogs } from "../src/service/audit.ts";

export type AuditWorld = TestApp & {
  logs: AuditLogs;
  /** Writes an entry as some app does. */
  write(organisationId: string | null, entry?: Partial<AuditEntry>): Promise<void>;
  /** Headers of somebody with this role there. */
  as(organisation: TestOrganisation, role?: Role): Record<string, string>;
  get(path: string, headers: Record<string, string>): ReturnType<TestApp["json"]>;
};

const ORGANISATION: ActionRule = { roles: ["owner", "admin", "auditor"] };
const INSTANCE: ActionRule = { instance: ["owner"] };

/** The audit log's part of the auth app, on its own database role and behind its own routes. */
export const startAuditWorld = async (): Promise<AuditWorld> => {
  const people = new Map<string, MemberPrincipal>();
  const log = createLogger("auth");
  let logs: AuditLogs | undefined;
  const test = await startTestApp(
    defineApp({
      manifest: defineManifest({
        id: "auth",
        name: "Accounts",
        description: "The audit log of a test.",
        icon: "key-round",
        routes: ["/organisation", "/admin/audit"],
        actions: {
          "audit:read": ORGANISATION,
          "audit:verify": ORGANISATION,
          "instance-audit:read": INSTANCE,
          "instance-audit:verify": INSTANCE,
        },
      }),
      contract: auditContract,
      migrations: join(import.meta.dir, "../src/migrations"),
      start({ sql, config }) {
        const created = createAuditLogs(sql, checkpointKey(config.appSecret), log);
        logs = created;
        return {
          handlers: auditHandlers(created),
          routes: auditExportRoutes(created, log),
          pages: auditPages(created),
          resolve: async ({ value }) => people.get(value.reveal()) ?? null,
        };
      },
    }),
  );
  return {
    ...test,
    logs: logs as unknown as AuditLogs,
    write: (organisationId, entry = {}) =>
      audit(test.database.admin, {
        app: "shop",
        action: "order:place",
        organisationId,
        subject: { kind: "order", id: "order-1" },
        ...entry,
      }),
    as(organisation, role = "owner") {
      const token = `hp_${organisation.slug}_${role}`;
      people.set(token, organisation.principal(role));
      return { authorization: `Bearer ${token}` };
    },
    get: (path, headers) => test.json("GET", `/api/v1/auth${path}`, headers),
  };
};
