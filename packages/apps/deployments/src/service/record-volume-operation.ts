import type { Tx } from "@homeport/kit/db/connect.ts";
import type { Change } from "../change.ts";
import type { ProjectState } from "../state/project-state.ts";
import {
  type ClaimedOperation,
  changeVolumeOperation,
  forgetOldOperations,
  type StoredChange,
} from "../store/volume-operations.ts";
import { dropOldSaved, dropSnapshot, placeSnapshot, setSnapshotReady } from "../store/volume-snapshots.ts";
import { nextGeneration } from "../store/workloads.ts";
import type { VolumeStep } from "../volume-operation.ts";
import { step as decide, type Effect, type Event } from "../volume-operation-machine.ts";
import { applyAtOnce } from "./apply-at-once.ts";
import { NOW_MS } from "./step-context.ts";
import type { OperationStep } from "./step-volume-operation.ts";
import { emitVolumeOperation } from "./volume-events.ts";

/** A node that is at it is looked at this often: its answers come with no event. */
const LOOK_MS = 1_000;

class LeaseLost extends Error {}

/**
 * Writes down what an answer makes of an operation, with all that belongs to it, in one transaction and under the lease.
 * How long to wait before the next look, in milliseconds.
 */
export const recordOperation = async (step: OperationStep, event: Event): Promise<number> => {
  const { sql, operation } = step;
  const { change, effects, again } = decide(operation, event);
  const waitMs = again === "now" ? NOW_MS : LOOK_MS;
  if (Object.keys(change).length === 0 && effects.length === 0) return waitMs;
  const write = async (tx: Tx): Promise<void> => {
    const more: StoredChange = {};
    for (const effect of effects) Object.assign(more, await carryOut(tx, step, effect, change.reason));
    if (!(await changeVolumeOperation(tx, operation, { ...change, ...more }))) throw new LeaseLost();
    const next = change.step === undefined ? operation.step : change.step;
    const nodeId = change.nodeId ?? operation.nodeId;
    const made = nodeId === null ? null : snapshotOf(operation, next);
    if (made !== null && nodeId !== null) await placeSnapshot(tx, made, nodeId);
    if (change.state === "succeeded" || change.state === "failed") await forgetOldOperations(tx, operation.dataId);
  };
  try {
    if (effects.some(({ effect }) => effect === "resized")) await resizeAndWrite(step, write);
    else await sql.begin(write);
  } catch (err) {
    if (!(err instanceof LeaseLost)) throw err;
  }
  return waitMs;
};

/** The size is the volume's from now on, as if somebody had changed it directly: releases and drafts go by it. */
const resizeAndWrite = async (
  { applying, operation, service, data }: OperationStep,
  write: (tx: Tx) => Promise<void>,
): Promise<void> => {
  const { sizeMiB, createdBy } = operation;
  const toChanges = ({ volumes }: ProjectState): Change[] => {
    const volume = data?.volume?.id;
    if (sizeMiB === null || volume === undefined || !volumes.has(volume)) return []; // it was removed meanwhile
    return [{ op: "volume.update", service: service.id, volume, sizeMiB }];
  };
  const caller = { actor: createdBy, may: () => true }; // who asked had to have the right
  await applyAtOnce(applying, service.projectId, toChanges, { caller, deploy: "none", extra: write });
};

/** The snapshot that a node is asked for in a step. */
const snapshotOf = ({ kind, snapshotId, savedId }: ClaimedOperation, step: VolumeStep | null) => {
  if (step === "saving") return savedId;
  return step === "working" && kind === "snapshot" ? snapshotId : null;
};

/** What of the row changes with it. */
const carryOut = async (
  tx: Tx,
  { operation, service, data }: OperationStep,
  effect: Effect,
  reason: ClaimedOperation["reason"] | undefined,
): Promise<StoredChange> => {
  switch (effect.effect) {
    case "take_generation": {
      const generation = await nextGeneration(tx, service.workloadId);
      return effect.which === "stop" ? { stopGeneration: generation } : { startGeneration: generation };
    }
    case "snapshot_ready": {
      const id = effect.which === "made" ? operation.snapshotId : operation.savedId;
      if (id === null) return {};
      await setSnapshotReady(tx, id, effect.archive);
      if (effect.which === "saved") await dropOldSaved(tx, operation.dataId, operation.snapshotId);
      return {};
    }
    case "drop_snapshot": {
      const id = effect.which === "made" ? operation.snapshotId : operation.savedId;
      if (id !== null) await dropSnapshot(tx, id);
      return effect.which === "saved" ? { savedId: null } : {};
    }
    case "resized":
      return {}; // by whoever called this
    case "tell": {
      const told = { ...operation, reason: reason ?? null };
      const place = { service, volume: data?.volume ?? null };
      await emitVolumeOperation(tx, effect.what, told, place, operation.createdBy);
      return {};
    }
  }
};
