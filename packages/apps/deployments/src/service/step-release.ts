import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { newId, type ReleaseId } from "@homeport/kit/ids.ts";
import { type Deployment, type Image, pinKeyOf } from "../deployment.ts";
import type { ReleaseSource } from "../release.ts";
import { findDeployment, progressDeployment } from "../store/deployments.ts";
import { findRelease, insertRelease } from "../store/releases.ts";
import { listVariables } from "../store/variables.ts";
import { nextGeneration } from "../store/workloads.ts";
import { openVariables, sealReleaseEnv } from "./env.ts";
import { finish } from "./finish.ts";
import { sealReleaseFiles } from "./secret-seals.ts";
import { NOW_MS, type Step } from "./step-context.ts";
import { takeSecrets } from "./take-secrets.ts";

/** What a new release is made of. */
type Content = { image: Image; source: ReleaseSource };

/** Writes the release: its image, kept at the registry from now on, with the settings and variables of this moment. */
export const stepRelease = async (step: Step): Promise<number> => {
  const { deployment, service, outside } = step;
  if (deployment.cancelRequestedAt !== null) {
    await outside.images.unpin(pinKeyOf(deployment.id)); // an earlier try may have come as far as that
    return finish(step, { state: "cancelled" });
  }
  const content = deployment.cause.kind === "release" ? null : await contentOf(step);
  await outside.logs.open(deployment.workloadId, service);
  try {
    if (content !== null) await outside.images.pin(pinKeyOf(deployment.id), deployment.organisationId, content.image);
    await writeRelease(step, content);
  } catch (err) {
    await letGoOfImage(step);
    throw err;
  }
  return NOW_MS;
};

/** Unpins the image of a deployment that is over without a release, or was removed with its service. */
export const letGoOfImage = async ({ sql, deployment, outside }: Step): Promise<void> => {
  const now = await findDeployment(sql, deployment.workloadId, deployment.id);
  const isOver = now === null || (now.finishedAt !== null && now.releaseId === null);
  if (isOver) await outside.images.unpin(pinKeyOf(deployment.id));
};

const writeRelease = async (
  { sql, keys, claim, deployment, service }: Step,
  content: Content | null,
): Promise<void> => {
  await sql.begin(async (tx) => {
    const releaseId = content === null ? releaseOfCause(deployment) : newId<ReleaseId>();
    if (content !== null) {
      const secrets = await takeSecrets(tx, keys, service);
      const own = openVariables(keys, service, await listVariables(tx, service.workloadId));
      const sealedFor = { organisationId: service.organisationId, id: releaseId };
      await insertRelease(tx, {
        id: releaseId,
        organisationId: service.organisationId,
        workloadId: service.workloadId,
        image: content.image,
        settings: service.settings,
        source: content.source,
        secretGroups: secrets.groups,
        envSealed: sealReleaseEnv(keys, sealedFor, { ...secrets.env, ...own }),
        filesSealed: sealReleaseFiles(keys, sealedFor, secrets.files),
      });
    }
    const generation = await nextGeneration(tx, service.workloadId);
    const progress = { state: "rolling_out", releaseId, generation } as const;
    const kept = await progressDeployment(tx, deployment.id, claim.leaseToken, progress);
    if (!kept) throw new DomainError("unavailable", "The lease on this deployment was lost."); // undoes the release
  });
};

const releaseOfCause = ({ cause }: Deployment): ReleaseId => {
  invariant(cause.kind === "release", "only a rollback names its release");
  return cause.releaseId;
};

const contentOf = async ({ sql, deployment, service, outside }: Step): Promise<Content> => {
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
      const { organisationId, organisationSlug } = service;
      const ours = await outside.images.resolve(organisationId, organisationSlug, cause.reference);
      return { image: ours ?? { reference: cause.reference }, source: { kind: "image", ref: cause.reference } };
    }
    case "configuration": {
      const live = service.currentReleaseId;
      const current = live === null ? null : await findRelease(sql, service.workloadId, live);
      if (current === null)
        throw new DomainError("conflict", "Nothing is live yet, so there is nothing to restart with new variables.");
      return { image: current.image, source: current.source };
    }
    case "release":
      throw new DomainError("internal", "A rollback makes no new release.");
  }
};
