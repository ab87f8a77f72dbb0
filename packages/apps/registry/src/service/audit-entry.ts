import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Repository } from "../repository.ts";

/** What an entry of the audit log about a repository begins with; the registry's token says by whom. */
export const repositoryEntry = (
  action: "image:push" | "image:delete",
  { id, organisationId, name }: Repository,
  actor: AuditActor,
) => ({
  app: "registry",
  action,
  organisationId,
  subject: { kind: "repository", id, name },
  actor,
});
