import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { viewOf } from "../deployment.ts";
import { nextCall } from "../deployment-machine.ts";
import { findDeployment } from "../store/deployments.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import type { ClaimedStep } from "../store/steps.ts";
import { dropBuild, lookAtBuild, startBuild } from "./perform-build.ts";
import { dropRelease, letGoOfImage, makeRelease } from "./perform-release.ts";
import { rollOut } from "./perform-rollout.ts";
import { runCommand } from "./perform-run.ts";
import { reasonToFail } from "./reason-to-fail.ts";
import { record } from "./record.ts";
import { type Answer, POLL_MS, type Step, type StepContext } from "./step-context.ts";

/**
 * Takes a deployment one step on and says when to look again, in milliseconds. Every step reads what is so, makes one call
 * that may be repeated, and writes under the lease what came of it; killed anywhere, the next stepper finds its way from
 * the row.
 *
 * @throws what went wrong, when the step is to be tried again
 */
export const takeStep = async (context: StepContext, claim: ClaimedStep): Promise<number> => {
  const deployment = await findDeployment(context.sql, claim.workloadId, claim.id);
  const service = await getServiceOfWorkload(context.sql, claim.workloadId);
  if (deployment === null || service === null || deployment.finishedAt !== null) return POLL_MS;
  const step = { ...context, claim, deployment, service };
  try {
    const answer = await perform(step);
    crashpoint(`deployments.${answer.event.event}.before`);
    const waitMs = await record(step, answer);
    crashpoint(`deployments.${answer.event.event}.after`);
    return waitMs;
  } catch (err) {
    const reason = reasonToFail(err, claim.attempt);
    if (reason === null) throw err;
    const waitMs = await record(step, { event: { event: "refused", reason } });
    if (deployment.state === "releasing") await letGoOfImage(step); // an earlier try may have come as far as pinning it
    return waitMs;
  }
};

const perform = async (step: Step): Promise<Answer> => {
  const call = nextCall(viewOf(step.deployment));
  switch (call.call) {
    case "begin":
      return { event: { event: "began" } };
    case "drop_build":
      return dropBuild(step);
    case "start_build":
      return startBuild(step);
    case "look_at_build":
      return lookAtBuild(step, call.jobId, call.cancel);
    case "drop_release":
      return dropRelease(step);
    case "release":
      return makeRelease(step);
    case "run":
      return runCommand(step, call.which, call.cancel);
    case "roll_out":
      return rollOut(step, call.abort);
    case "none":
      throw new DomainError("internal", "A deployment that is over has no next step.");
  }
};
