import { viewOf } from "../deployment.ts";
import { step as decide } from "../deployment-machine.ts";
import { changeDeployment } from "../store/deployments.ts";
import { makeReleaseLive, setReleaseFailed } from "../store/releases.ts";
import { emitDeployment } from "./events.ts";
import { type Answer, NOW_MS, POLL_MS, type Step } from "./step-context.ts";

class LeaseLost extends Error {}

/**
 * Writes down what an answer makes of a deployment, with all that belongs to it, in one transaction and under the lease:
 * when somebody else has the deployment by now, nothing of it is so. How long to wait before the next look, in
 * milliseconds.
 */
export const record = async (step: Step, answer: Answer): Promise<number> => {
  const { sql, claim, deployment, service } = step;
  const { createdBy, cancelRequestedBy } = deployment;
  let waitMs = NOW_MS;
  try {
    await sql.begin(async (tx) => {
      await answer.within?.(tx);
      const { change, effects, again } = decide(viewOf(deployment), answer.event);
      waitMs = again === "now" ? NOW_MS : POLL_MS;
      if (Object.keys(change).length === 0) return;
      if (!(await changeDeployment(tx, deployment.id, claim.leaseToken, change))) throw new LeaseLost();
      for (const effect of effects) {
        if (effect.effect === "make_release_live") await makeReleaseLive(tx, deployment.workloadId, effect.releaseId);
        if (effect.effect === "fail_release") await setReleaseFailed(tx, effect.releaseId);
        if (effect.effect !== "tell") continue;
        const actor = effect.what === "cancelled" ? (cancelRequestedBy ?? createdBy) : createdBy;
        await emitDeployment(tx, effect.what, deployment, service, actor, effect.reason);
      }
    });
  } catch (err) {
    await answer.lost?.();
    if (!(err instanceof LeaseLost)) throw err;
  }
  return waitMs;
};
