import type { BuildResult, Reason } from "@homeport/ci/contract.ts";
import type {
  DeploymentId,
  JobId,
  OrganisationId,
  ProjectId,
  ReleaseId,
  RunId,
  ServiceId,
  WorkloadId,
} from "@homeport/kit/ids.ts";
import type { Initiator } from "./actor.ts";
import type { View } from "./deployment-machine.ts";

/** What a deployment brings into the slot. */
export type Cause =
  | {
      kind: "build";
      source: GitSource | { kind: "upload"; uploadId: string };
    }
  | { kind: "image"; reference: string }
  /** The image that is live, with today's variables and settings. */
  | { kind: "configuration" }
  /** The image of another environment's release, with this one's configuration. */
  | { kind: "promotion"; releaseId: ReleaseId; from: { environment: string; release: number } }
  /** An earlier release as it was. */
  | { kind: "release"; releaseId: ReleaseId };

/** `commit` is what is built, whatever the branch says by then; without it, what `ref` says when the build begins. */
export type GitSource = {
  kind: "git";
  url: string;
  ref?: string | undefined;
  commit?: string | undefined;
  branch?: string | undefined;
};

export const FINAL_STATES = ["live", "failed", "cancelled", "superseded"] as const;
export type FinalState = (typeof FINAL_STATES)[number];
export const ACTIVE_STATES = ["building", "releasing", "pre_deploying", "rolling_out", "post_deploying"] as const;
/** In one of the active states a deployment has its slot for itself. */
export type DeploymentState = "queued" | (typeof ACTIVE_STATES)[number] | FinalState;

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
  /** Orders what runs in a slot: a higher one takes the place of a lower one. Agents know it as the epoch. */
  generation: number | null;
  runId: RunId | null;
  reason: Reason | null;
  /** Requests to the service while traffic changed over, and those of them that failed; null until it has settled. */
  requests: number | null;
  failedRequests: number | null;
  createdBy: Initiator;
  cancelRequestedAt: Date | null;
  cancelRequestedBy: Initiator | null;
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

export const viewOf = (deployment: Deployment): View => {
  const { state, cause, cancelRequestedAt, jobId, releaseId, generation, runId } = deployment;
  return { state, cause: cause.kind, cancelRequested: cancelRequestedAt !== null, jobId, releaseId, generation, runId };
};
