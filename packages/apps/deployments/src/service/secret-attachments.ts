import type { SecretGroup } from "../secret-group.ts";
import type { SecretUse } from "../secret-use.ts";
import type { Service } from "../service.ts";
import { attachmentKey } from "../state/project-state.ts";
import { type AttachedGroup, listAttached } from "../store/secret-attachments.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";

/** Which secret groups a service gets in one environment, and how; used from its next deployment on. */
export const createSecretAttachments = (context: ApplyContext) => ({
  list: (service: Service): Promise<AttachedGroup[]> => listAttached(context.sql, [service.workloadId]),

  /**
   * Attaches a group, or changes how it is.
   *
   * @throws {DomainError} conflict, when another group has such a name there; invalid, beyond the limits
   */
  async attach(service: Service, group: SecretGroup, use: SecretUse, caller: Caller): Promise<void> {
    const change = { op: "secrets.attach", ...placeOf(service, group), use } as const;
    await applyAtOnce(context, service.projectId, () => [change], { caller, deploy: "none" });
  },

  /** False when it was not attached. */
  async detach(service: Service, group: SecretGroup, caller: Caller): Promise<boolean> {
    const change = { op: "secrets.detach", ...placeOf(service, group) } as const;
    const { set } = await applyAtOnce(
      context,
      service.projectId,
      ({ attachments }) => (attachments.has(attachmentKey(service.workloadId, group.id)) ? [change] : []),
      { caller, deploy: "none" },
    );
    return set !== null;
  },
});

export type SecretAttachments = ReturnType<typeof createSecretAttachments>;

const placeOf = ({ id, environmentId }: Service, group: SecretGroup) => ({
  service: id,
  environment: environmentId,
  secretGroup: group.id,
});
