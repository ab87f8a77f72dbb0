import { invariant } from "@homeport/kit/errors.ts";
import type { ReleaseId } from "@homeport/kit/ids.ts";
import type { WantedRelease } from "../ports.ts";
import type { Service } from "../service.ts";
import { heldLabels } from "../store/host-labels.ts";
import { findRelease, findSealedParts } from "../store/releases.ts";
import { openReleaseEnv } from "./env.ts";
import { nodeOfVolumes } from "./mounted-volumes.ts";
import { openReleaseFiles } from "./secret-seals.ts";
import type { Step, StepContext } from "./step-context.ts";

/** The release of a deployment as it has to run: opened, to be handed to who runs it. */
export const openWanted = async (step: Step): Promise<WantedRelease> => {
  const { releaseId } = step.deployment;
  invariant(releaseId !== null, "a deployment has a release before it runs anything");
  const wanted = await openRelease(step, step.service, releaseId);
  invariant(wanted !== null, "a release outlives its deployments");
  return wanted;
};

/**
 * A release of a service, opened; null when it is not there any more.
 *
 * @throws {DomainError} unavailable, while there is no node for its volumes
 */
export const openRelease = async (
  { sql, keys, baseDomain, outside }: Pick<StepContext, "sql" | "keys" | "baseDomain" | "outside">,
  service: Service,
  releaseId: ReleaseId,
): Promise<WantedRelease | null> => {
  const { workloadId } = service;
  const release = await findRelease(sql, workloadId, releaseId);
  const sealed = await findSealedParts(sql, releaseId);
  if (release === null || sealed === null) return null;
  return {
    service,
    release,
    env: openReleaseEnv(keys, release, sealed.env),
    files: openReleaseFiles(keys, release, sealed.files),
    hosts: (await heldLabels(sql, workloadId, release.hostLabels)).map((label) => `${label}.${baseDomain}`),
    nodeId: await nodeOfVolumes(sql, outside.volumeNodes, release),
  };
};
