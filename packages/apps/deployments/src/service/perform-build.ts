import type { BuildSecrets, BuildSpec } from "@homeport/ci/contract.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Cause } from "../deployment.ts";
import { type Service, settingsOf } from "../service.ts";
import { findDeployment } from "../store/deployments.ts";
import { credentialOf, rememberHostKey } from "./git-credentials.ts";
import type { Answer, Step } from "./step-context.ts";

/** Has the source built. Asked again, it is the same job. */
export const startBuild = async (step: Step): Promise<Answer> => {
  const { sql, claim, deployment, outside } = step;
  const { id, organisationId } = deployment;
  const jobId = await outside.builds.start(id, organisationId, await buildSpec(step), await buildSecrets(step));
  return {
    event: { event: "build_started", jobId },
    lost: async () => {
      // Its service was removed while the job was started, too late for that to stop it.
      if ((await findDeployment(sql, claim.workloadId, id)) === null) await outside.builds.cancel(id, organisationId);
    },
  };
};

/** An earlier try may have died between starting the job and writing its id down; without one there is no job. */
export const dropBuild = async ({ claim, deployment, outside }: Step): Promise<Answer> => {
  if (claim.attempt > 1) await outside.builds.cancel(deployment.id, deployment.organisationId);
  return { event: { event: "dropped" } };
};

export const lookAtBuild = async (step: Step, jobId: JobId, cancel: boolean): Promise<Answer> => {
  const { deployment, outside } = step;
  if (cancel) await outside.builds.cancel(deployment.id, deployment.organisationId);
  const build = await outside.builds.look(jobId);
  const hostKey = build.state === "succeeded" ? build.result.hostKey : undefined;
  return {
    event: { event: "build", build },
    ...(hostKey === undefined ? {} : { within: (tx) => rememberHostKey(tx, builtFrom(step), hostKey) }),
  };
};

/** The service as this deployment knows it: its source may be another one by now, with other credentials. */
const builtFrom = ({ deployment: { cause }, service: { id } }: Step): Pick<Service, "id" | "source"> => {
  invariant(cause.kind === "build", "only a build has a source");
  const { source } = cause;
  return { id, source: source.kind === "git" ? { kind: "git", url: source.url } : { kind: "upload" } };
};

const buildSecrets = async (step: Step): Promise<Secret<BuildSecrets> | null> => {
  const found = await credentialOf(step.sql, step.keys, builtFrom(step));
  return found === null ? null : new Secret({ git: found.credential.reveal() });
};

/** As ci takes it: which branch a commit is of is only known here. */
const sourceOf = (source: Extract<Cause, { kind: "build" }>["source"]): BuildSpec["source"] => {
  if (source.kind === "upload") return source;
  const { url, ref, commit } = source;
  return { kind: "git", url, ...(ref === undefined ? {} : { ref }), ...(commit === undefined ? {} : { commit }) };
};

const buildSpec = async ({ deployment, service, outside }: Step): Promise<BuildSpec> => {
  invariant(deployment.cause.kind === "build", "only a build has a source");
  const { preset, rootDirectory, buildCommand, startCommand } = settingsOf(service);
  return {
    organisationId: service.organisationId,
    organisationSlug: service.organisationSlug,
    projectId: service.projectId,
    projectSlug: service.projectSlug,
    serviceId: service.id,
    serviceSlug: service.slug,
    environmentId: service.environmentId,
    output: await outside.rollouts.buildOutput(),
    source: sourceOf(deployment.cause.source),
    repository: `${service.organisationSlug}/${service.projectSlug}/${service.slug}`,
    ...(preset === undefined ? {} : { preset }),
    ...(rootDirectory === undefined ? {} : { rootDirectory }),
    ...(buildCommand === undefined ? {} : { buildCommand }),
    ...(startCommand === undefined ? {} : { startCommand }),
  };
};
