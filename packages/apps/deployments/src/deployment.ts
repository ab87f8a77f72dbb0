import type { BuildResult, Reason } from "@homeport/ci/contract.ts";
import type {
  DeploymentId,
  JobId,
  OrganisationId,
  ProjectId,
  ReleaseId,
  ServiceId,
  WorkloadId,
} from "@homeport/kit/ids.ts";
import type { Actor } from "./actor.ts";

/** What a deployment brings into the slot. */
export type Cause =
  | {
      kind: "build";
      source: { kind: "git"; url: string; ref?: string | undefined } | { kind: "upload"; uploadId: string };
    }
  | { kind: "image"; reference: string }
  /** The image that is live, with today's variables and settings. */
  | { kind: "configuration" }
  /** An earlier release as it was. */
  | { kind: "release"; releaseId: ReleaseId };

export const FINAL_STATES = ["live", "failed", "cancelled", "superseded"] as const;
export type FinalState = (typeof FINAL_STATES)[number];
export type DeploymentState = "queued" | "building" | "releasing" | "rolling_out" | FinalState;

export type Image = { repository: string; digest: string } | { reference: string };

export type Deployment = {
  id: DeploymentId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  serviceId: ServiceId;
  workloadId: WorkloadId;
  cause: Cause;
  state: DeploymentState;
  jobId: JobId | null;
  build: BuildResult | null;
  releaseId: ReleaseId | null;
  releaseNumber: number | null;
  image: Image | null;
  generation: number | null;
  reason: Reason | null;
  createdBy: Actor;
  cancelRequestedAt: Date | null;
  cancelRequestedBy: Actor | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** Under this key the image of a deployment is kept at the registry, from before its release is written on. */
export const pinKeyOf = (id: DeploymentId): string => `deployment:${id}`;

export const isFinal = (state: DeploymentState): state is FinalState =>
  (FINAL_STATES as readonly string[]).includes(state);

export const canCancel = (deployment: Pick<Deployment, "state" | "cancelRequestedAt">): boolean =>
  !isFinal(deployment.state) && deployment.cancelRequestedAt === null;

/** The state in which the work of a cause begins. */
export const firstState = (cause: Cause): "building" | "releasing" =>
  cause.kind === "build" ? "building" : "releasing";
