import type { Reason } from "@homeport/ci/contract.ts";
import type { Id, NodeId, OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Actor } from "./actor.ts";
import type { VolumeDataId } from "./volume.ts";
import type { SnapshotId } from "./volume-snapshot.ts";

export type VolumeOperationId = Id<"volume-operation">;
export type VolumeOperationKind = "snapshot" | "restore" | "reset" | "resize";

/**
 * Where an operation is. `stopping` and `starting` are about the service's replicas, the others about the node: it keeps
 * what is there, does what was asked, and puts back what it kept when that broke off.
 */
export type VolumeStep = "stopping" | "saving" | "working" | "undoing" | "starting";

/** Something that is done with the data of a volume in one environment. */
export type VolumeOperation = {
  id: VolumeOperationId;
  organisationId: OrganisationId;
  workloadId: WorkloadId;
  /** Of the volume in its environment; what nodes call the volume. */
  dataId: VolumeDataId;
  kind: VolumeOperationKind;
  state: "pending" | "running" | "succeeded" | "failed";
  /** Null unless it is running. */
  step: VolumeStep | null;
  /** Whether there are replicas to stop, and to start again; null until that was looked at. */
  hasStop: boolean | null;
  nodeId: NodeId | null;
  /** What is made or restored. */
  snapshotId: SnapshotId | null;
  /** Of a restore: what was there before. */
  savedId: SnapshotId | null;
  sizeMiB: number | null;
  stopGeneration: number | null;
  startGeneration: number | null;
  startTries: number;
  saveTaskId: string;
  workTaskId: string;
  undoTaskId: string;
  /** Set as soon as something failed, also while the service is being started again. */
  reason: Reason | null;
  createdBy: Actor;
  createdAt: Date;
  deadlineAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** What must not happen while anything has the volume; deployments of the service wait meanwhile. */
export const isExclusive = (kind: VolumeOperationKind): boolean => kind === "restore" || kind === "reset";

/** What an operation goes through when all goes well, in order; those of the replicas only where there are some. */
export const stepsOf = (kind: VolumeOperationKind, hasStop: boolean): VolumeStep[] => [
  ...(hasStop ? (["stopping"] as const) : []),
  ...(kind === "restore" ? (["saving"] as const) : []),
  "working",
  ...(hasStop ? (["starting"] as const) : []),
];

/** Of all but starting again. */
export const OPERATION_SECONDS = 3600;

/** Of one volume. Older ones go once they are over. */
export const MAX_KEPT_OPERATIONS = 100;

/** A service that does not become ready may just be slow; after so many tries it is the data that it does not start with. */
export const MAX_START_TRIES = 2;
