import { DomainError } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { MAX_GROUPS_OF_SERVICE, MAX_SERVICES_OF_GROUP } from "../secret-group.ts";
import { findConflict, toUse, type UsedGroup } from "../secret-use.ts";
import { type Applying, meant, type StoredOp } from "./applying.ts";
import { attachmentKey, getSecretGroup, getWorkload, type ProjectState } from "./project-state.ts";
import { refuseMisfit } from "./volume-ops.ts";

/** Attaches a secret group, or changes how it is. */
export const attachSecrets = (applying: Applying, change: StoredOp<"secrets.attach">): void => {
  const { state } = applying;
  const workload = getWorkload(state, meant(applying, change.service), meant(applying, change.environment));
  const group = getSecretGroup(state, change.secretGroup);
  const key = attachmentKey(workload.id, group.id);
  const version = state.attachments.get(key)?.version ?? 1;
  const use = toUse(group.slug, change.use);
  state.attachments.set(key, { workloadId: workload.id, secretGroupId: group.id, use, version });
  const all = [...state.attachments.values()];
  if (all.filter(({ workloadId }) => workloadId === workload.id).length > MAX_GROUPS_OF_SERVICE) {
    throw new DomainError("invalid", `A service has at most ${MAX_GROUPS_OF_SERVICE} secret groups.`);
  }
  if (all.filter(({ secretGroupId }) => secretGroupId === group.id).length > MAX_SERVICES_OF_GROUP) {
    throw new DomainError("invalid", `A secret group is attached to at most ${MAX_SERVICES_OF_GROUP} services.`);
  }
  refuseMisfit(state, workload.serviceId);
  const conflict = findConflict(usedGroups(state, workload.id));
  if (conflict === null) return;
  throw new DomainError("conflict", `${conflict} A service cannot have both; use a prefix or another folder.`);
};

/** By name, as the store lists them: which of two is named in a conflict does not depend on who was first. */
const usedGroups = (state: ProjectState, workloadId: WorkloadId): UsedGroup[] =>
  [...state.attachments.values()]
    .flatMap((each) => {
      const group = state.secretGroups.get(each.secretGroupId);
      return each.workloadId === workloadId && group !== undefined ? [{ ...group, use: each.use }] : [];
    })
    .sort((a, b) => (a.slug < b.slug ? -1 : 1));

export const detachSecrets = (applying: Applying, change: StoredOp<"secrets.detach">): void => {
  const { state } = applying;
  const workload = getWorkload(state, meant(applying, change.service), meant(applying, change.environment));
  const group = getSecretGroup(state, change.secretGroup);
  if (!state.attachments.delete(attachmentKey(workload.id, group.id))) {
    throw new DomainError("not_found", `The secret group ${group.slug} is not attached.`);
  }
};
