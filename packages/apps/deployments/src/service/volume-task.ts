import type { TaskSpec } from "@homeport/clusters/contract.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { VolumeOperation } from "../volume-operation.ts";
import type { TaskName } from "../volume-operation-machine.ts";
import type { Snapshot } from "../volume-snapshot.ts";

type Snapshots = {
  /** The one that is made or restored. */
  snapshot: Snapshot | null;
  /** What was there before a restore. */
  saved: Snapshot | null;
};

/**
 * What a node is asked for in a step of an operation; always the same for the same operation and step.
 *
 * @throws {DomainError} conflict, when a snapshot is not there any more
 */
export const taskOf = (
  operation: VolumeOperation,
  which: TaskName,
  { snapshot, saved }: Snapshots,
): { id: string; spec: TaskSpec } => {
  const { dataId: volumeId, kind, snapshotId, savedId, sizeMiB } = operation;
  if (which === "save") {
    invariant(savedId !== null, "a restore that saves knows under which id");
    return { id: operation.saveTaskId, spec: { kind: "volume.snapshot", volumeId, snapshotId: savedId } };
  }
  if (which === "undo") return { id: operation.undoTaskId, spec: restoring(volumeId, saved) };
  const id = operation.workTaskId;
  switch (kind) {
    case "reset":
      return { id, spec: { kind: "volume.reset", volumeId } };
    case "resize":
      invariant(sizeMiB !== null, "a size was asked for");
      return { id, spec: { kind: "volume.resize", volumeId, sizeMiB } };
    case "snapshot":
      invariant(snapshotId !== null, "a snapshot has an id before it is taken");
      return { id, spec: { kind: "volume.snapshot", volumeId, snapshotId } };
    case "restore":
      return { id, spec: restoring(volumeId, snapshot) };
  }
};

const restoring = (volumeId: string, snapshot: Snapshot | null): TaskSpec => {
  if (snapshot?.state !== "ready") throw new DomainError("conflict", "The snapshot is not there any more.");
  return { kind: "volume.restore", volumeId, snapshotId: snapshot.id, sha256: snapshot.sha256 };
};
