import { type Finish, finishDeployment } from "../store/deployments.ts";
import { makeReleaseLive, setReleaseFailed } from "../store/releases.ts";
import { emitDeployment } from "./events.ts";
import { NOW_MS, type Step } from "./step-context.ts";

/** Ends a deployment and settles what becomes of its release, in one transaction; nothing when the lease was lost. */
export const finish = async ({ sql, claim, deployment, service }: Step, outcome: Finish): Promise<number> => {
  const { id, workloadId, releaseId } = deployment;
  await sql.begin(async (tx) => {
    if (!(await finishDeployment(tx, id, claim.leaseToken, outcome))) return;
    if (releaseId !== null) {
      if (outcome.state === "live") await makeReleaseLive(tx, workloadId, releaseId);
      else await setReleaseFailed(tx, releaseId);
    }
    const { createdBy, cancelRequestedBy } = deployment;
    const actor = outcome.state === "cancelled" ? (cancelRequestedBy ?? createdBy) : createdBy;
    await emitDeployment(tx, outcome.state, deployment, service, actor, outcome.reason ?? null);
  });
  return NOW_MS;
};
