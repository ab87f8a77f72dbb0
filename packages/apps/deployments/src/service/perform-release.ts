import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { newId, type ReleaseId, type RunId } from "@homeport/kit/ids.ts";
import { type Cause, type Deployment, type Image, pinKeyOf } from "../deployment.ts";
import type { ReleaseSource } from "../release.ts";
import { findDeployment } from "../store/deployments.ts";
import { holdProject } from "../store/project-state.ts";
import { findRelease, getRelease, insertRelease } from "../store/releases.ts";
import { nextGeneration } from "../store/workloads.ts";
import { takeConfig } from "./config-of.ts";
import { sealReleaseEnv } from "./env.ts";
import { requireMounts } from "./mounted-volumes.ts";
import { releaseLabels } from "./release-labels.ts";
import { sealReleaseFiles } from "./secret-seals.ts";
import type { Answer, Step } from "./step-context.ts";

/** What a new release is made of, besides its configuration. */
type Content = { image: Image; source: ReleaseSource; promotedFrom: ReleaseId | null };

/** Gives up before there is a release; an earlier try may have come as far as pinning its image. */
export const dropRelease = async ({ deployment, outside }: Step): Promise<Answer> => {
  await outside.images.unpin(pinKeyOf(deployment.id));
  return { event: { event: "dropped" } };
};

/** Makes the release: its image, kept at the registry from now on, with the configuration of this moment. */
export const makeRelease = async (step: Step): Promise<Answer> => {
  const { deployment, service, outside } = step;
  const content = deployment.cause.kind === "release" ? null : await contentOf(step, deployment.cause);
  await outside.logs.open(deployment.workloadId, service);
  if (content !== null) await outside.images.pin(pinKeyOf(deployment.id), deployment.organisationId, content.image);
  const releaseId = content === null ? releaseOfCause(deployment) : newId<ReleaseId>();
  // What it runs before its traffic is told by its settings, which are only known in the transaction that reads them.
  const event = { event: "released" as const, releaseId, generation: 0, runId: null as RunId | null };
  return {
    event,
    within: async (tx) => {
      if (content !== null) {
        const hasCommand = await writeRelease(tx, step, releaseId, content);
        event.runId = hasCommand ? newId<RunId>() : null;
      } else {
        await holdProject(tx, service.projectId); // so that nobody removes a volume meanwhile
        const release = await findRelease(tx, service.workloadId, releaseId);
        if (release !== null) await requireMounts(tx, release);
      }
      event.generation = await nextGeneration(tx, service.workloadId);
    },
    lost: () => letGoOfImage(step),
  };
};

/** Unpins the image of a deployment that is over without a release that is kept, or was removed with its service. */
export const letGoOfImage = async ({ sql, deployment, outside }: Step): Promise<void> => {
  const now = await findDeployment(sql, deployment.workloadId, deployment.id);
  const isOver = now === null || (now.finishedAt !== null && (await holdsNothing(sql, now)));
  if (isOver) await outside.images.unpin(pinKeyOf(deployment.id));
};

const holdsNothing = async (sql: Sql, { workloadId, releaseId }: Deployment): Promise<boolean> =>
  releaseId === null || (await findRelease(sql, workloadId, releaseId))?.collectedAt !== null;

/** @throws {DomainError} conflict, when variables refer to what is not there */
const writeRelease = async (tx: Tx, step: Step, id: ReleaseId, content: Content): Promise<boolean> => {
  const { keys, deployment, service } = step;
  const { commit, branch } = content.source;
  const config = await takeConfig(tx, step, service, { commit, branch });
  const [problem] = config.problems;
  if (problem !== undefined) throw new DomainError("conflict", problem.message);
  const sealedFor = { organisationId: service.organisationId, id };
  await insertRelease(tx, {
    id,
    organisationId: service.organisationId,
    workloadId: service.workloadId,
    image: content.image,
    settings: config.settings,
    source: content.source,
    secretGroups: config.groups,
    hostLabels: await releaseLabels(tx, service, deployment, content.source.branch),
    volumes: config.volumes,
    configDigest: config.digest,
    promotedFrom: content.promotedFrom,
    createdBy: deployment.createdBy,
    envSealed: sealReleaseEnv(keys, sealedFor, config.env),
    filesSealed: sealReleaseFiles(keys, sealedFor, config.files),
  });
  return config.settings.preDeployCommand !== undefined;
};

const releaseOfCause = ({ cause }: Deployment): ReleaseId => {
  invariant(cause.kind === "release", "only a rollback names its release");
  return cause.releaseId;
};

const contentOf = async (step: Step, cause: Exclude<Cause, { kind: "release" }>): Promise<Content> => {
  const { sql, deployment, service, outside } = step;
  switch (cause.kind) {
    case "build": {
      const { build } = deployment;
      invariant(build !== null, "a deployment leaves its build with a result");
      const { repository, digest, commit, commitMessage, preset, startCommand } = build;
      const from = cause.source.kind === "git" ? { url: cause.source.url, ref: cause.source.ref } : {};
      const branch = cause.source.kind === "git" ? (cause.source.branch ?? build.branch) : undefined;
      return {
        image: { repository, digest },
        source: { kind: cause.source.kind, ...from, branch, commit, commitMessage, preset, startCommand },
        promotedFrom: null,
      };
    }
    case "image": {
      const { organisationId, organisationSlug } = service;
      const ours = await outside.images.resolve(organisationId, organisationSlug, cause.reference);
      const image = ours ?? { reference: cause.reference };
      return { image, source: { kind: "image", ref: cause.reference }, promotedFrom: null };
    }
    case "promotion": {
      const from = await getRelease(sql, service.organisationId, cause.releaseId);
      if (from === null || from.collectedAt !== null)
        throw new DomainError("conflict", "The release to promote is not kept any more.");
      return { image: from.image, source: from.source, promotedFrom: from.id };
    }
    case "configuration": {
      const live = service.currentReleaseId;
      const current = live === null ? null : await findRelease(sql, service.workloadId, live);
      if (current === null)
        throw new DomainError("conflict", "Nothing is live yet, so there is nothing to restart with new variables.");
      return { image: current.image, source: current.source, promotedFrom: null };
    }
  }
};
