import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Repository } from "../repository.ts";

/** What an entry of the audit log about something deleted in a repository begins with; the registry's token says by whom. */
export const deletionIn = ({ id, organisationId, name }: Repository, actor: AuditActor) => ({
  app: "registry",
  action: "image:delete",
  organisationId,
  subject: { kind: "repository", id, name },
  actor,
});
