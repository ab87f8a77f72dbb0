import type { Tx } from "@homeport/kit/db/connect.ts";
import type { Deployment } from "../deployment.ts";
import { branchLabels, deploymentLabels } from "../host.ts";
import type { Service } from "../service.ts";
import { claimLabel, findLabel, removeRetiredLabels } from "../store/host-labels.ts";

/** The labels under which a release answers: its workload's own, that of its branch, and one of its own. */
export const releaseLabels = async (
  tx: Tx,
  service: Service,
  { id, cause }: Pick<Deployment, "id" | "cause">,
  branch: string | undefined,
): Promise<string[]> => {
  const { organisationId, workloadId, hostLabel } = service;
  const owner = { organisationId, workloadId };
  await removeRetiredLabels(tx, workloadId);
  const own = await claimLabel(tx, { ...owner, kind: "deployment", reference: id }, deploymentLabels(service, id));
  if (branch === undefined) return [hostLabel, own];
  const ofBranch = { ...owner, kind: "branch" as const, reference: branch };
  // What is live, restarted, says nothing of its branch: where that was deleted meanwhile, the address does not come back.
  const label =
    cause.kind === "configuration"
      ? await findLabel(tx, ofBranch)
      : await claimLabel(tx, ofBranch, branchLabels(service, branch, workloadId));
  return [hostLabel, ...(label === null ? [] : [label]), own];
};
