import type { WorkloadId } from "@homeport/kit/ids.ts";
import { patchOverrides, settingsIn } from "../settings.ts";
import { type Applying, meant, type StoredOp } from "./applying.ts";
import { getService, getWorkload, type ProjectState } from "./project-state.ts";
import { refuseMisfit } from "./volume-ops.ts";

export const updateWorkload = (applying: Applying, change: StoredOp<"workload.update">): void => {
  const { state } = applying;
  const workload = getWorkload(state, meant(applying, change.service), meant(applying, change.environment));
  const overrides = patchOverrides(workload.overrides, change.overrides);
  settingsIn(getService(state, workload.serviceId).settings, overrides); // throws what does not fit together
  state.workloads.set(workload.id, { ...workload, overrides });
  refuseMisfit(state, workload.serviceId);
};

/** Takes a workload out, with what is its own. */
export const dropWorkload = (state: ProjectState, id: WorkloadId): void => {
  for (const [key, variable] of state.variables) if (variable.scope.id === id) state.variables.delete(key);
  for (const [key, attachment] of state.attachments) if (attachment.workloadId === id) state.attachments.delete(key);
  state.workloads.delete(id);
};
