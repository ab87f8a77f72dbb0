import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { DeploymentId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { Cause, Deployment } from "../deployment.ts";
import { collectedSentence, type Release } from "../release.ts";
import type { Service } from "../service.ts";
import { findDeployment, requestCancel } from "../store/deployments.ts";
import { findPreviousRelease, findRelease, findReleaseByNumber, holdRelease } from "../store/releases.ts";
import { emitDeployment } from "./events.ts";
import { requireMounts } from "./mounted-volumes.ts";
import { queueDeployment, type Told } from "./queue-deployment.ts";

export type DeployRequest = {
  /** `source`: build or fetch what the service's source says; `configuration`: the live image with new variables. */
  what: "source" | "configuration";
  /** The archive of this deployment; needed when the service is deployed from uploads, wrong otherwise. */
  uploadId?: string | undefined;
  /** Of a service that is made from git: another branch or tag than its own, and the very commit. */
  ref?: string | undefined;
  commit?: string | undefined;
};

/** Starting, cancelling and rolling back. Each returns once the wish is stored; the stepper does the work. */
export const createDeploys = (sql: Sql, wake: () => void) => {
  const start = async (service: Service, cause: Cause, createdBy: Actor, told: Told): Promise<Deployment> => {
    const id = await sql.begin(async (tx) => {
      // The retention may be about to collect it; from here on the deployment that needs it is seen.
      if ("releaseId" in cause && (await holdRelease(tx, cause.releaseId)) === null)
        throw new DomainError("conflict", "The release is not kept any more, so it cannot run again.");
      return queueDeployment(tx, service, cause, createdBy, told);
    });
    wake();
    return getDeployment(service.workloadId, id);
  };

  const getDeployment = async (workloadId: WorkloadId, id: DeploymentId): Promise<Deployment> => {
    const deployment = await findDeployment(sql, workloadId, id);
    if (deployment === null) throw new DomainError("not_found", "There is no such deployment.");
    return deployment;
  };

  return {
    /** @throws {DomainError} invalid, when an archive is missing or not wanted; conflict */
    async start(service: Service, request: DeployRequest, createdBy: Actor): Promise<Deployment> {
      const cause = causeOf(service, request);
      const { ref, commit } = request;
      const after = {
        cause: cause.kind,
        ...(ref === undefined ? {} : { ref }),
        ...(commit === undefined ? {} : { commit }),
      };
      return start(service, cause, createdBy, { action: "deployment:create", after });
    },

    /** Builds once more what a deployment was made from, as it was then. @throws {DomainError} conflict */
    async redeploy(service: Service, deployment: Deployment, createdBy: Actor): Promise<Deployment> {
      const cause = sameAgain(deployment);
      const after = { cause: cause.kind, again: deployment.id };
      return start(service, cause, createdBy, { action: "deployment:create", after });
    },

    /** Makes a kept release live again: number `to`, or the one that was live before. @throws {DomainError} conflict; not_found */
    async rollback(service: Service, to: number | undefined, createdBy: Actor): Promise<Deployment> {
      const release =
        to === undefined
          ? await findPreviousRelease(sql, service.workloadId)
          : await findReleaseByNumber(sql, service.workloadId, to);
      if (release === null) {
        throw to === undefined
          ? new DomainError("conflict", "There is no earlier release to go back to.")
          : new DomainError("not_found", `There is no release ${to}.`);
      }
      refuseRollbackTo(release);
      await requireMounts(sql, release);
      const told = { action: "release:rollback", after: { cause: "release", release: release.number } };
      return start(service, { kind: "release", releaseId: release.id }, createdBy, told);
    },

    /**
     * Brings what is live in another environment into this one, as it was built, with this one's configuration; or release
     * `number` of there.
     *
     * @throws {DomainError} conflict; not_found
     */
    async promote(service: Service, from: Service, number: number | undefined, createdBy: Actor): Promise<Deployment> {
      if (from.workloadId === service.workloadId)
        throw new DomainError("invalid", "It is promoted from one environment to another.");
      const live = from.currentReleaseId;
      const release =
        number === undefined
          ? live === null
            ? null
            : await findRelease(sql, from.workloadId, live)
          : await findReleaseByNumber(sql, from.workloadId, number);
      if (release === null) {
        throw number === undefined
          ? new DomainError("conflict", `Nothing is live in ${from.environmentSlug}.`)
          : new DomainError("not_found", `There is no release ${number} in ${from.environmentSlug}.`);
      }
      if (release.collectedAt !== null) throw new DomainError("conflict", collectedSentence(release.number));
      if (release.state !== "live" && release.state !== "superseded")
        throw new DomainError("conflict", `Release ${release.number} never went live in ${from.environmentSlug}.`);
      const origin = { environment: from.environmentSlug, release: release.number };
      const told = { action: "release:promote", after: { cause: "promotion", from: origin } };
      return start(service, { kind: "promotion", releaseId: release.id, from: origin }, createdBy, told);
    },

    /** Asks a deployment to stop; what is live stays live. Asking again changes nothing. @throws {DomainError} conflict */
    async cancel(service: Service, deployment: Deployment, actor: Actor): Promise<Deployment> {
      await sql.begin(async (tx) => {
        const state = await requestCancel(tx, deployment.id, actor);
        if (state === null) return;
        await emitDeployment(tx, state === "cancelled" ? "cancelled" : "cancelling", deployment, service, actor);
        await audit(tx, deploymentEntry("deployment:cancel", service, deployment.id));
      });
      wake();
      const current = await getDeployment(service.workloadId, deployment.id);
      if (current.cancelRequestedAt === null) throw new DomainError("conflict", "The deployment is over already.");
      return current;
    },
  };
};

const deploymentEntry = (action: string, { organisationId, projectId, slug }: Service, id: DeploymentId) => ({
  app: "deployments",
  action,
  organisationId,
  projectId,
  subject: { kind: "deployment", id, name: slug },
});

export type Deploys = ReturnType<typeof createDeploys>;

const causeOf = (service: Service, { what, uploadId, ref, commit }: DeployRequest): Cause => {
  const isGit = what === "source" && service.source.kind === "git";
  if (!isGit && (ref !== undefined || commit !== undefined)) {
    throw new DomainError("invalid", "A branch, tag or commit is for building a service that is made from git.");
  }
  if (what === "configuration") {
    if (service.currentReleaseId === null) throw new DomainError("conflict", "Nothing is live yet; deploy first.");
    return { kind: "configuration" };
  }
  const { source } = service;
  if (source.kind === "upload") {
    if (uploadId === undefined) {
      throw new DomainError("invalid", "This service is deployed from uploaded folders: run `homeport deploy` in one.");
    }
    return { kind: "build", source: { kind: "upload", uploadId } };
  }
  if (uploadId !== undefined)
    throw new DomainError("invalid", `This service is deployed from ${source.kind}, not from uploads.`);
  if (source.kind === "image") return { kind: "image", reference: source.reference };
  return { kind: "build", source: { kind: "git", url: source.url, ref: ref ?? source.ref, commit } };
};

const sameAgain = ({ cause, build }: Deployment): Cause => {
  if (cause.kind === "image") return cause;
  if (cause.kind !== "build") {
    throw new DomainError("conflict", "It built nothing of its own: deploy its source, or roll back to its release.");
  }
  if (cause.source.kind === "upload") return cause;
  const commit = cause.source.commit ?? build?.commit;
  if (commit === undefined) throw new DomainError("conflict", "Nobody knows which commit it would have been.");
  const branch = cause.source.branch ?? build?.branch;
  return { kind: "build", source: { ...cause.source, commit, ...(branch === undefined ? {} : { branch }) } };
};

const refuseRollbackTo = ({ number, state, collectedAt }: Release): void => {
  if (collectedAt !== null) throw new DomainError("conflict", collectedSentence(number));
  if (state === "live") throw new DomainError("conflict", `Release ${number} is live already.`);
  if (state !== "superseded")
    throw new DomainError("conflict", `Release ${number} never went live, so it is no way back.`);
};
