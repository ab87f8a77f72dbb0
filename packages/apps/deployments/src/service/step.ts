import type { BuildSpec, Reason } from "@homeport/ci/contract.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { newId, type ReleaseId } from "@homeport/kit/ids.ts";
import type { Deployment, Image } from "../deployment.ts";
import { firstState } from "../deployment.ts";
import type { Outside } from "../ports.ts";
import type { Release, ReleaseSource } from "../release.ts";
import { type Finish, findDeployment, finishDeployment, progressDeployment } from "../store/deployments.ts";
import {
  findRelease,
  findSealedEnv,
  insertRelease,
  makeReleaseLive,
  nextGeneration,
  setReleaseState,
} from "../store/releases.ts";
import { getServiceOfWorkload, type Service } from "../store/services.ts";
import type { ClaimedStep } from "../store/steps.ts";
import { listVariables } from "../store/variables.ts";
import { openReleaseEnv, openVariables, sealReleaseEnv } from "./env.ts";
import { emitDeployment } from "./events.ts";

/** How long until a deployment is looked at again when no event pokes it. */
const POLL_MS = 5_000;
/** The next step is due at once. */
const NOW_MS = 0;

export type StepContext = {
  sql: Sql;
  key: Buffer;
  outside: Outside;
  baseDomain: string;
};

/**
 * Takes a deployment one step on and says when to look again. Every step reads what is so, does one thing that may be
 * repeated, and writes under the lease; killed anywhere, the next stepper finds its way from the row.
 */
export const takeStep = async (context: StepContext, step: ClaimedStep): Promise<number> => {
  const { sql } = context;
  const deployment = await findDeployment(sql, step.workloadId, step.id);
  const service = await getServiceOfWorkload(sql, step.workloadId);
  if (deployment === null || service === null || deployment.finishedAt !== null) return POLL_MS;
  try {
    switch (deployment.state) {
      case "queued":
        return await begin(context, step, deployment, service);
      case "building":
        return await build(context, step, deployment, service);
      case "releasing":
        return await release(context, step, deployment, service);
      case "rolling_out":
        return await rollOut(context, step, deployment, service);
      default:
        return POLL_MS;
    }
  } catch (err) {
    // Another part of the platform is away: wait for it. Anything else that is the caller's fault ends the deployment.
    if (err instanceof DomainError && err.status < 500) {
      await finish(context, step, deployment, service, { state: "failed", reason: reasonOf(err) });
      return POLL_MS;
    }
    throw err;
  }
};

const reasonOf = (err: DomainError): Reason => ({ code: err.code, message: err.message });

const begin = async ({ sql }: StepContext, step: ClaimedStep, deployment: Deployment, service: Service) => {
  const state = firstState(deployment.cause);
  await sql.begin(async (tx) => {
    if (!(await progressDeployment(tx, deployment.id, step.leaseToken, { state }))) return;
    await emitDeployment(tx, "started", deployment, service);
  });
  return NOW_MS;
};

const build = async (context: StepContext, step: ClaimedStep, deployment: Deployment, service: Service) => {
  const { sql, outside } = context;
  if (deployment.jobId === null) {
    if (deployment.cancelRequestedAt !== null)
      return finish(context, step, deployment, service, { state: "cancelled" });
    const spec = await buildSpec(context, deployment, service);
    const jobId = await outside.builds.start(deployment.id, deployment.organisationId, spec);
    await progressDeployment(sql, deployment.id, step.leaseToken, { jobId });
    return NOW_MS;
  }
  if (deployment.cancelRequestedAt !== null) await outside.builds.cancel(deployment.jobId);
  const build = await outside.builds.look(deployment.jobId);
  switch (build.state) {
    case "underway":
      return POLL_MS;
    case "cancelled":
      return finish(context, step, deployment, service, { state: "cancelled" });
    case "failed":
      return finish(context, step, deployment, service, { state: "failed", reason: build.reason });
    case "succeeded":
      await progressDeployment(sql, deployment.id, step.leaseToken, { state: "releasing", build: build.result });
      return NOW_MS;
  }
};

const buildSpec = async (context: StepContext, deployment: Deployment, service: Service): Promise<BuildSpec> => {
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
    output: await context.outside.rollouts.buildOutput(),
    source: deployment.cause.source,
    repository: `${service.organisationSlug}/${service.projectSlug}/${service.slug}`,
    ...(preset === undefined ? {} : { preset }),
    ...(rootDirectory === undefined ? {} : { rootDirectory }),
    ...(buildCommand === undefined ? {} : { buildCommand }),
    ...(startCommand === undefined ? {} : { startCommand }),
  };
};

const release = async (context: StepContext, step: ClaimedStep, deployment: Deployment, service: Service) => {
  const { sql, outside, key } = context;
  if (deployment.cancelRequestedAt !== null) return finish(context, step, deployment, service, { state: "cancelled" });
  const made = deployment.cause.kind === "release" ? null : await contentOf(context, deployment, service);
  if (made !== null) await outside.images.pin(`deployment:${deployment.id}`, deployment.organisationId, made.image);
  await outside.logs.open(deployment.workloadId, service);
  await sql.begin(async (tx) => {
    const releaseId = made === null ? releaseOfCause(deployment) : newId<ReleaseId>();
    if (made !== null) {
      const env = openVariables(key, service.workloadId, await listVariables(tx, service.workloadId));
      await insertRelease(tx, {
        id: releaseId,
        organisationId: service.organisationId,
        workloadId: service.workloadId,
        image: made.image,
        settings: service.settings,
        source: made.source,
        envSealed: sealReleaseEnv(key, releaseId, env),
      });
    }
    const generation = await nextGeneration(tx, service.workloadId);
    const progress = { state: "rolling_out", releaseId, generation } as const;
    const kept = await progressDeployment(tx, deployment.id, step.leaseToken, progress);
    if (!kept) throw new DomainError("unavailable", "The lease on this deployment was lost."); // undoes the release
  });
  return NOW_MS;
};

const releaseOfCause = ({ cause }: Deployment): ReleaseId => {
  invariant(cause.kind === "release", "only a rollback names its release");
  return cause.releaseId;
};

/** The image of a new release and what it came from. */
const contentOf = async (
  context: StepContext,
  deployment: Deployment,
  service: Service,
): Promise<{ image: Image; source: ReleaseSource }> => {
  const { cause, build } = deployment;
  switch (cause.kind) {
    case "build": {
      invariant(build !== null, "a deployment leaves its build with a result");
      const { repository, digest, commit, commitMessage, preset, startCommand } = build;
      const from = cause.source.kind === "git" ? { url: cause.source.url, ref: cause.source.ref } : {};
      return {
        image: { repository, digest },
        source: { kind: cause.source.kind, ...from, commit, commitMessage, preset, startCommand },
      };
    }
    case "image": {
      const ours = await context.outside.images.resolve(
        deployment.organisationId,
        service.organisationSlug,
        cause.reference,
      );
      return { image: ours ?? { reference: cause.reference }, source: { kind: "image", ref: cause.reference } };
    }
    case "configuration": {
      const live = service.currentReleaseId;
      const current = live === null ? null : await findRelease(context.sql, service.workloadId, live);
      if (current === null)
        throw new DomainError("conflict", "Nothing is live yet, so there is nothing to restart with new variables.");
      return { image: current.image, source: current.source };
    }
    case "release":
      throw new DomainError("internal", "A rollback makes no new release.");
  }
};

const rollOut = async (context: StepContext, step: ClaimedStep, deployment: Deployment, service: Service) => {
  const { sql, outside, key } = context;
  const { releaseId, generation, workloadId } = deployment;
  invariant(releaseId !== null && generation !== null, "a rollout has a release and a generation");
  const release = await findRelease(sql, workloadId, releaseId);
  const sealed = await findSealedEnv(sql, releaseId);
  invariant(release !== null && sealed !== null, "a release outlives its deployments");
  const env = openReleaseEnv(key, releaseId, sealed);
  const hosts = [`${service.hostLabel}.${context.baseDomain}`];
  await outside.rollouts.put(workloadId, generation, { service, release, env, hosts });
  if (deployment.cancelRequestedAt !== null) await outside.rollouts.abort(workloadId, generation);
  const rollout = await outside.rollouts.look(workloadId, generation);
  switch (rollout.state) {
    case "underway":
      return POLL_MS;
    case "succeeded":
      return finish(context, step, deployment, service, { state: "live" }, release);
    case "failed":
      return finish(context, step, deployment, service, { state: "failed", reason: rollout.reason }, release);
    case "aborted":
      return finish(context, step, deployment, service, { state: "cancelled" }, release);
  }
};

const finish = async (
  { sql }: StepContext,
  step: ClaimedStep,
  deployment: Deployment,
  service: Service,
  outcome: Finish,
  release?: Release,
): Promise<number> => {
  await sql.begin(async (tx) => {
    if (!(await finishDeployment(tx, deployment.id, step.leaseToken, outcome))) return;
    if (release !== undefined && outcome.state === "live") await makeReleaseLive(tx, deployment.workloadId, release.id);
    else if (release?.state === "pending") await setReleaseState(tx, release.id, "failed");
    await emitDeployment(tx, outcome.state, deployment, service, outcome.reason ?? null);
  });
  return NOW_MS;
};
