import { z } from "zod";

const AuditActor = z.object({
  /** `person`, or another kind of principal. Words here are read for years, so none is refused. */
  kind: z.string(),
  id: z.string(),
  name: z.string().optional(),
  /** What they showed: a `session`, a `token`, a `service` account's token; null for parts of the platform and strangers. */
  credential: z.object({ kind: z.string(), id: z.string() }).nullable(),
});
export type AuditActor = z.infer<typeof AuditActor>;

const Text = z.string().nullable().default(null);
const Values = z.record(z.string(), z.unknown()).nullable().default(null);

/** What an entry of the audit log says. Its JSON is what is stored and hashed. */
export const AuditRecord = z.object({
  id: z.string(),
  app: z.string(),
  action: z.string(),
  /** Null in the platform's own chain. */
  organisationId: z.string().nullable(),
  projectId: z.string().nullable().default(null),
  subject: z.object({ kind: z.string(), id: z.string(), name: z.string().optional() }),
  actor: AuditActor,
  /** Null, like the next two, when no request was being answered. */
  address: Text,
  userAgent: Text,
  requestId: Text,
  occurredAt: z.iso.datetime(),
  reason: Text,
  before: Values,
  after: Values,
});
export type AuditRecord = z.infer<typeof AuditRecord>;
