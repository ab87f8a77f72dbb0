import type { BuildSpec } from "@homeport/ci/contract.ts";
import { invariant } from "@homeport/kit/errors.ts";
import { findDeployment, progressDeployment } from "../store/deployments.ts";
import { finish } from "./finish.ts";
import { NOW_MS, POLL_MS, type Step } from "./step-context.ts";

/** Has the source built, and waits for the image. */
export const stepBuild = async (step: Step): Promise<number> => {
  const { sql, claim, deployment, outside } = step;
  const { id, jobId, organisationId, cancelRequestedAt } = deployment;
  if (jobId === null) {
    if (cancelRequestedAt !== null) return cancelBeforeJob(step);
    const started = await outside.builds.start(id, organisationId, await buildSpec(step));
    const isKept = await progressDeployment(sql, id, claim.leaseToken, { jobId: started });
    // Its service was removed while the job was started, too late for that to stop it.
    if (!isKept && (await findDeployment(sql, claim.workloadId, id)) === null) {
      await outside.builds.cancel(id, organisationId);
    }
    return NOW_MS;
  }
  if (cancelRequestedAt !== null) await outside.builds.cancel(id, organisationId);
  const build = await outside.builds.look(jobId);
  switch (build.state) {
    case "underway":
      return POLL_MS;
    case "cancelled":
      return finish(step, { state: "cancelled" });
    case "failed":
      return finish(step, { state: "failed", reason: build.reason });
    case "succeeded":
      await progressDeployment(sql, id, claim.leaseToken, { state: "releasing", build: build.result });
      return NOW_MS;
  }
};

/** An earlier try may have died between starting the job and writing its id down; without one there is no job. */
const cancelBeforeJob = async (step: Step): Promise<number> => {
  const { claim, deployment, outside } = step;
  if (claim.attempt > 1) await outside.builds.cancel(deployment.id, deployment.organisationId);
  return finish(step, { state: "cancelled" });
};

const buildSpec = async ({ deployment, service, outside }: Step): Promise<BuildSpec> => {
  invariant(deployment.cause.kind === "build", "only a build has a source");
  const { preset, rootDirectory, buildCommand, startCommand } = service.settings;
  return {
    organisationId: service.organisationId,
    organisationSlug: service.organisationSlug,
    projectId: service.projectId,
    projectSlug: service.projectSlug,
    serviceId: service.id,
    serviceSlug: service.slug,
    environmentId: service.environmentId,
    output: await outside.rollouts.buildOutput(),
    source: deployment.cause.source,
    repository: `${service.organisationSlug}/${service.projectSlug}/${service.slug}`,
    ...(preset === undefined ? {} : { preset }),
    ...(rootDirectory === undefined ? {} : { rootDirectory }),
    ...(buildCommand === undefined ? {} : { buildCommand }),
    ...(startCommand === undefined ? {} : { startCommand }),
  };
};
