import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { RolloutState } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import type { Service } from "../service.ts";
import { findLiveRelease } from "../store/releases.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import type { ClaimedOperation } from "../store/volume-operations.ts";
import { findSnapshot } from "../store/volume-snapshots.ts";
import { findDataById, type OperatedData } from "../store/volumes-operated.ts";
import { isExclusive, OPERATION_SECONDS } from "../volume-operation.ts";
import { type Event, nextCall, type TaskName } from "../volume-operation-machine.ts";
import type { ApplyContext } from "./apply-at-once.ts";
import { reasonToFail } from "./reason-to-fail.ts";
import { recordOperation } from "./record-volume-operation.ts";
import { POLL_MS, type StepContext } from "./step-context.ts";
import { taskOf } from "./volume-task.ts";
import { openRelease } from "./wanted-release.ts";

export type OperationContext = Pick<StepContext, "sql" | "keys" | "baseDomain" | "outside"> & {
  applying: ApplyContext;
};
export type OperationStep = OperationContext & { operation: ClaimedOperation; service: Service; data: OperatedData };

/** A node that is given too little time gives up what it could have done. */
const MIN_TASK_SECONDS = 60;

/**
 * Takes an operation on a volume one step on and says when to look again, in milliseconds. Every step makes one call that
 * may be repeated, and writes under the lease what came of it.
 *
 * @throws what went wrong, when the step is to be tried again
 */
export const stepVolumeOperation = async (context: OperationContext, operation: ClaimedOperation): Promise<number> => {
  const service = await getServiceOfWorkload(context.sql, operation.workloadId);
  if (service === null) return POLL_MS; // the row goes with it
  const data = await findDataById(context.sql, operation.dataId);
  const step = { ...context, operation, service, data };
  let event: Event;
  try {
    event = await perform(step);
  } catch (err) {
    const reason = reasonToFail(err, operation.attempt) ?? (isLate(operation) ? LATE : null);
    if (reason === null) throw err;
    event = { event: "refused", reason };
  }
  crashpoint(`deployments.volume.${event.event}.before`);
  const waitMs = await recordOperation(step, event);
  crashpoint(`deployments.volume.${event.event}.after`);
  return waitMs;
};

const LATE = reasonOf("operation_deadline", "It could not be done in time, so it was given up.");

/** By then every task has ended by its own deadline, also one that was asked for in the last moment. */
const TASKS_OVER_MS = 2 * MIN_TASK_SECONDS * 1000;

/** Whether it is no use to wait any longer for a part of the platform that is away. Starting again has no limit. */
const isLate = ({ step, deadlineAt }: ClaimedOperation): boolean => {
  if (step === "starting" || step === "undoing") return false;
  const isAtNode = step === "saving" || step === "working";
  return deadlineAt.getTime() + (isAtNode ? TASKS_OVER_MS : 0) < Date.now();
};

const perform = async (step: OperationStep): Promise<Event> => {
  const call = nextCall(step.operation);
  switch (call.call) {
    case "place":
      return place(step);
    case "roll_out":
      return { event: "rollout", rollout: await rollOut(step, call.which) };
    case "task":
      return askNode(step, call.which);
  }
};

/** Looks where it is to be done, and whether something runs that has to be stopped. */
const place = async ({ sql, operation, service, data }: OperationStep): Promise<Event> => {
  if (data === null || data.nodeId === null || data.isRemoved)
    throw new DomainError("conflict", "The volume was removed.");
  const live = await findLiveRelease(sql, service.workloadId);
  const hasStop = isExclusive(operation.kind) && live?.settings.kind === "service";
  return { event: "placed", nodeId: data.nodeId, hasStop };
};

/** The live release without replicas, or as it was. */
const rollOut = async (step: OperationStep, which: "stop" | "start"): Promise<RolloutState> => {
  const { operation, service, outside } = step;
  const generation = which === "stop" ? operation.stopGeneration : operation.startGeneration;
  invariant(generation !== null, "a rollout has a generation");
  if (service.currentReleaseId === null) throw new DomainError("conflict", "Nothing is live any more.");
  const wanted = await openRelease(step, service, service.currentReleaseId);
  if (wanted === null || wanted.release.collectedAt !== null)
    throw new DomainError("conflict", "The live release is not kept any more.");
  if (which === "start") return outside.rollouts.put(service.workloadId, generation, wanted);
  const settings = { ...wanted.release.settings, replicas: 0 };
  return outside.rollouts.put(service.workloadId, generation, { ...wanted, release: { ...wanted.release, settings } });
};

const askNode = async ({ sql, operation, data, outside }: OperationStep, which: TaskName): Promise<Event> => {
  const { nodeId, dataId, snapshotId } = operation;
  invariant(nodeId !== null, "an operation is placed before a node is asked");
  const snapshot = snapshotId === null ? null : await findSnapshot(sql, dataId, snapshotId);
  const saved = operation.savedId === null ? null : await findSnapshot(sql, dataId, operation.savedId);
  const leftSeconds = Math.ceil((operation.deadlineAt.getTime() - Date.now()) / 1000);
  const deadlineSeconds = which === "undo" ? OPERATION_SECONDS : Math.max(leftSeconds, MIN_TASK_SECONDS);
  const task = await outside.tasks.put({
    ...taskOf(operation, which, { snapshot, saved }),
    nodeId,
    // Without a rollout of its own there is nothing to compare with; deployments wait for it all the same.
    epoch: operation.stopGeneration === null ? 0 : Math.max(operation.stopGeneration, data?.epoch ?? 0),
    deadlineSeconds,
  });
  return { event: "task", task };
};
