import { audit } from "@homeport/kit/audit/audit.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Actor } from "../actor.ts";
import { MAX_GROUPS_OF_SERVICE, MAX_SERVICES_OF_GROUP, type SecretGroup } from "../secret-group.ts";
import type { SecretUse } from "../secret-use.ts";
import type { Service } from "../service.ts";
import {
  type AttachedGroup,
  listAttached,
  listWorkloadsOf,
  putAttachment,
  removeAttachment,
} from "../store/secret-attachments.ts";
import { lockSecrets } from "../store/secret-groups.ts";
import { serviceEntry } from "./audit-entry.ts";
import { refuseConflicts } from "./secret-conflicts.ts";
import { emitSecrets } from "./secret-events.ts";

/** Which secret groups a service gets, and how; used from its next deployment on. */
export const createSecretAttachments = (sql: Sql) => ({
  list: (service: Service): Promise<AttachedGroup[]> => listAttached(sql, [service.workloadId]),

  /**
   * Attaches a group, or changes how it is.
   *
   * @throws {DomainError} conflict, when another group has such a name there; invalid, beyond the limits
   */
  async attach(service: Service, group: SecretGroup, use: SecretUse, actor: Actor): Promise<void> {
    await sql.begin(async (tx) => {
      await lockSecrets(tx, service.projectId);
      const before = (await listAttached(tx, [service.workloadId])).find(({ groupId }) => groupId === group.id);
      await putAttachment(tx, service, group, use);
      if ((await listAttached(tx, [service.workloadId])).length > MAX_GROUPS_OF_SERVICE) {
        throw new DomainError("invalid", `A service has at most ${MAX_GROUPS_OF_SERVICE} secret groups.`);
      }
      if ((await listWorkloadsOf(tx, group)).length > MAX_SERVICES_OF_GROUP) {
        throw new DomainError("invalid", `A secret group is attached to at most ${MAX_SERVICES_OF_GROUP} services.`);
      }
      await refuseConflicts(tx, [service.workloadId]);
      await emitSecrets(tx, "attached", group, nameOf(service), actor);
      await audit(tx, { ...entryOf(service, group), ...changes(before === undefined ? null : before.use, use) });
    });
  },

  /** False when it was not attached. */
  async detach(service: Service, group: SecretGroup, actor: Actor): Promise<boolean> {
    return sql.begin(async (tx) => {
      await lockSecrets(tx, service.projectId);
      const before = (await listAttached(tx, [service.workloadId])).find(({ groupId }) => groupId === group.id);
      if (before === undefined || !(await removeAttachment(tx, service, group))) return false;
      await emitSecrets(tx, "detached", group, nameOf(service), actor);
      await audit(tx, { ...entryOf(service, group), before: before.use, after: null });
      return true;
    });
  },
});

export type SecretAttachments = ReturnType<typeof createSecretAttachments>;

const nameOf = ({ id, slug }: Service) => ({ serviceId: id, serviceSlug: slug });

const entryOf = (service: Service, group: SecretGroup) => ({
  ...serviceEntry("secret:write", service),
  reason: `secret group ${group.slug}`,
});
