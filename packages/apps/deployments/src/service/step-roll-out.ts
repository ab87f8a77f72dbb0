import { invariant } from "@homeport/kit/errors.ts";
import type { RolloutState } from "../ports.ts";
import { findRelease, findSealedParts } from "../store/releases.ts";
import { openReleaseEnv } from "./env.ts";
import { finish } from "./finish.ts";
import { openReleaseFiles } from "./secret-seals.ts";
import { POLL_MS, type Step } from "./step-context.ts";

/** Has the release run in its slot, or has that given up, and looks how it stands. */
export const stepRollOut = async (step: Step): Promise<number> => {
  const rollout = await askForRollout(step);
  switch (rollout.state) {
    case "underway":
      return POLL_MS;
    case "succeeded":
      return finish(step, { state: "live" });
    case "failed":
      return finish(step, { state: "failed", reason: rollout.reason });
    case "aborted":
      return finish(step, { state: "cancelled" });
  }
};

const askForRollout = async (step: Step): Promise<RolloutState> => {
  const { sql, keys, deployment, service, outside } = step;
  const { workloadId, releaseId, generation, cancelRequestedAt } = deployment;
  invariant(releaseId !== null && generation !== null, "a rollout has a release and a generation");
  if (cancelRequestedAt !== null) return outside.rollouts.abort(workloadId, generation);
  const release = await findRelease(sql, workloadId, releaseId);
  const sealed = await findSealedParts(sql, releaseId);
  invariant(release !== null && sealed !== null, "a release outlives its deployments");
  const env = openReleaseEnv(keys, release, sealed.env);
  const files = openReleaseFiles(keys, release, sealed.files);
  const hosts = [`${service.hostLabel}.${step.baseDomain}`];
  return outside.rollouts.put(workloadId, generation, { service, release, env, files, hosts });
};
