import { DomainError } from "@homeport/kit/errors.ts";
import { firstState } from "../deployment.ts";
import { reasonOf } from "../reason.ts";
import { findDeployment, progressDeployment } from "../store/deployments.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import type { ClaimedStep } from "../store/steps.ts";
import { emitDeployment } from "./events.ts";
import { finish } from "./finish.ts";
import { stepBuild } from "./step-build.ts";
import { NOW_MS, POLL_MS, type Step, type StepContext } from "./step-context.ts";
import { letGoOfImage, stepRelease } from "./step-release.ts";
import { stepRollOut } from "./step-roll-out.ts";

/** Tries of one step that fail for no known reason, over about three minutes; then the slot is given free. */
export const MAX_ATTEMPTS = 16;

/**
 * Takes a deployment one step on and says when to look again. Every step reads what is so, does one thing that may be
 * repeated, and writes under the lease; killed anywhere, the next stepper finds its way from the row.
 *
 * @throws what went wrong, when the step is to be tried again
 */
export const takeStep = async (context: StepContext, claim: ClaimedStep): Promise<number> => {
  const deployment = await findDeployment(context.sql, claim.workloadId, claim.id);
  const service = await getServiceOfWorkload(context.sql, claim.workloadId);
  if (deployment === null || service === null || deployment.finishedAt !== null) return POLL_MS;
  const step = { ...context, claim, deployment, service };
  try {
    return await goOn(step);
  } catch (err) {
    const reason = reasonToFail(err, claim.attempt);
    if (reason === null) throw err;
    await finish(step, { state: "failed", reason });
    if (deployment.state === "releasing") await letGoOfImage(step); // an earlier try may have come as far as pinning it
    return NOW_MS;
  }
};

const goOn = async (step: Step): Promise<number> => {
  switch (step.deployment.state) {
    case "queued":
      return begin(step);
    case "building":
      return stepBuild(step);
    case "releasing":
      return stepRelease(step);
    case "rolling_out":
      return stepRollOut(step);
    default:
      return POLL_MS;
  }
};

const begin = async ({ sql, claim, deployment, service }: Step): Promise<number> => {
  const state = firstState(deployment.cause);
  await sql.begin(async (tx) => {
    if (!(await progressDeployment(tx, deployment.id, claim.leaseToken, { state }))) return;
    await emitDeployment(tx, "started", deployment, service, deployment.createdBy);
  });
  return NOW_MS;
};

/**
 * A part of the platform that is away is waited for, as long as it takes: people can cancel. A refusal is an answer.
 * Anything else is tried again, but not for ever, because nothing else can be deployed meanwhile.
 */
const reasonToFail = (err: unknown, attempt: number) => {
  if (err instanceof DomainError && err.status < 500) return reasonOf(err.code, err.message);
  if (attempt < MAX_ATTEMPTS || (err instanceof DomainError && err.code === "unavailable")) return null;
  return reasonOf("internal", "Something in Homeport went wrong, again and again. Its log says what.");
};
