import { invariant } from "@homeport/kit/errors.ts";
import { newId, type RunId } from "@homeport/kit/ids.ts";
import type { RolloutState } from "../ports.ts";
import { findRelease } from "../store/releases.ts";
import type { Answer, Step } from "./step-context.ts";
import { openWanted } from "./wanted-release.ts";

/** Has the release run in its slot, or has that given up, and looks how it stands. */
export const rollOut = async (step: Step, abort: boolean): Promise<Answer> => {
  const rollout = await askForRollout(step, abort);
  const runId = rollout.state === "succeeded" && (await hasPostDeploy(step)) ? newId<RunId>() : null;
  return { event: { event: "rollout", rollout, runId } };
};

const askForRollout = async (step: Step, abort: boolean): Promise<RolloutState> => {
  const { deployment, outside } = step;
  const { workloadId, generation } = deployment;
  invariant(generation !== null, "a rollout has a generation");
  if (abort) return outside.rollouts.abort(workloadId, generation);
  return outside.rollouts.put(workloadId, generation, await openWanted(step));
};

/** Going back is to be fast and to change nothing but what runs, so it runs no commands. */
const hasPostDeploy = async ({ sql, deployment }: Step): Promise<boolean> => {
  const { cause, workloadId, releaseId } = deployment;
  if (cause.kind === "release" || releaseId === null) return false;
  return (await findRelease(sql, workloadId, releaseId))?.settings.postDeployCommand !== undefined;
};
