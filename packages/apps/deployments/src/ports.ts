import type { BuildResult, BuildSecrets, BuildSpec, Reason } from "@homeport/ci/contract.ts";
import type { TaskResult, TaskSpec } from "@homeport/clusters/contract.ts";
import type { JobId, NodeId, OrganisationId, ReleaseId, RunId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Image } from "./deployment.ts";
import type { Release, ReleaseFile } from "./release.ts";
import type { Service } from "./service.ts";
import type { VolumeDataId } from "./volume.ts";

export type BuildState =
  | { state: "underway" }
  | { state: "succeeded"; result: BuildResult }
  | { state: "failed"; reason: Reason }
  | { state: "cancelled" };

/**
 * Builds images. Every call may be repeated: `start` with a known key is the job that was first started with it, whatever
 * the spec, and `cancel` of one that has ended or never was does nothing.
 */
export interface Builds {
  start(
    key: string,
    organisationId: OrganisationId,
    spec: BuildSpec,
    secrets: Secret<BuildSecrets> | null,
  ): Promise<JobId>;
  look(jobId: JobId): Promise<BuildState>;
  cancel(key: string, organisationId: OrganisationId): Promise<void>;
}

export type RolloutState =
  | { state: "underway" }
  | { state: "succeeded" }
  | { state: "failed"; reason: Reason }
  | { state: "aborted" };

/** What has to run in a workload, and where it answers. */
export type WantedRelease = {
  service: Service;
  release: Release;
  env: Record<string, Secret>;
  files: ReleaseFile[];
  hosts: string[];
  /** Where it has to run, as its volumes are there; null for anywhere. */
  nodeId: NodeId | null;
};

/** Runs releases, by generation: a higher one takes the place of a lower one. */
export interface Rollouts {
  /** Asks for a rollout and says how it stands. A generation that is known changes nothing. @throws {DomainError} conflict, for an older one */
  put(workloadId: WorkloadId, generation: number, wanted: WantedRelease): Promise<RolloutState>;
  /** Gives a rollout up, unless it has traffic, and says how it stands; one that was never asked for is refused from now on. */
  abort(workloadId: WorkloadId, generation: number): Promise<RolloutState>;
  /** Stops everything of a workload and forgets it. From now on a `put` is refused, also one of a workload that was not known. */
  remove(workloadId: WorkloadId): Promise<void>;
  /** What a build has to produce for the nodes there are. @throws {DomainError} unavailable, while no node has joined */
  buildOutput(): Promise<BuildSpec["output"]>;
}

/** Images in our own registry. */
export interface Images {
  /** Turns a reference to an image of ours into its digest; null for an image of somebody else's registry. */
  resolve(organisationId: OrganisationId, organisationSlug: string, reference: string): Promise<Image | null>;
  /** Keeps an image from being deleted until `unpin` of the same key. Nothing to do for somebody else's image. */
  pin(key: string, organisationId: OrganisationId, image: Image): Promise<void>;
  unpin(key: string): Promise<void>;
}

/** Makes the log streams of workloads and runs; once is enough, again does no harm. */
export interface LogStreams {
  open(workloadId: WorkloadId, service: Service): Promise<void>;
  /** The same for a one-off command. */
  openRun(runId: RunId, service: Service): Promise<void>;
}

export type RunState =
  /** `startedAt` is absent while it waits for a node. */
  | { state: "underway"; startedAt?: Date | undefined }
  | { state: "succeeded" }
  | { state: "failed"; reason: Reason }
  | { state: "cancelled" };

/** Runs one-off commands in a release. */
export interface Runs {
  /** Starts a command, unless one of this id was started before, and says how it stands. */
  put(id: RunId, wanted: WantedRelease, command: string[], timeoutSeconds: number): Promise<RunState>;
  /** Stops it and says how it stands; one that was never started is cancelled. */
  cancel(id: RunId): Promise<RunState>;
}

export type NodeTaskState =
  | { state: "underway" }
  | { state: "succeeded"; result: TaskResult }
  | { state: "failed"; reason: Reason };

export type NodeTask = {
  /** Equal ids are one task. */
  id: string;
  nodeId: NodeId;
  /** A generation of the workload: a node that has seen a newer one changes no volume for it. 0 is not compared. */
  epoch: number;
  deadlineSeconds: number;
  spec: TaskSpec;
};

/** What nodes do once and answer, on volumes above all. */
export interface NodeTasks {
  /** Asks for a task and says how it stands. Asked again with the same id it changes nothing. */
  put(task: NodeTask): Promise<NodeTaskState>;
}

/** `removed` also when there was nothing, or the node is no more. */
export type VolumeRemoval = { state: "underway" } | { state: "removed" } | { state: "failed"; reason: Reason };

/** The nodes that volumes are on. */
export interface VolumeNodes {
  /** A node for the volumes of a workload: where it runs already, else where the least does. @throws {DomainError} unavailable, while none is online */
  choose(workloadId: WorkloadId): Promise<NodeId>;
  /** Of which releases of a workload replicas stand, also such that are on their way out; none when it is gone. */
  listRunning(workloadId: WorkloadId): Promise<ReleaseId[]>;
  /**
   * Has a node delete what a volume holds, and says how that stands; the same again for the same `taskId`, so that what
   * failed is tried again under another one. Nodes refuse it while a replica has the volume mounted.
   */
  remove(taskId: string, nodeId: NodeId, volumeId: VolumeDataId): Promise<VolumeRemoval>;
}

export type Outside = {
  builds: Builds;
  rollouts: Rollouts;
  runs: Runs;
  images: Images;
  logs: LogStreams;
  tasks: NodeTasks;
  volumeNodes: VolumeNodes;
};
