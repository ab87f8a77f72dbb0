import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import { type NodeId, newId, type ReplicaId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import { log } from "../log.ts";
import { reasonForEvent } from "../reason.ts";
import { withDowntime } from "../recreate.ts";
import type { Replica } from "../replica.ts";
import type { Action, RolloutView } from "../rollout.ts";
import type { Signals } from "../signal.ts";
import { noteDrained } from "../store/measurements.ts";
import { removeUnusedReleases } from "../store/releases.ts";
import { removeWorkload } from "../store/removed-workloads.ts";
import { acknowledgeDrain, insertCandidate, removeReplica } from "../store/replicas.ts";
import {
  acknowledgeStep,
  finishRollout,
  noteRepairFailed,
  passStep,
  setRestoring,
  setRestoringReason,
} from "../store/rollouts.ts";
import { pinToVolumes } from "../store/workloads.ts";
import { type NodeChanges, stopReplica } from "./change-replicas.ts";
import { knownTraffic, settleRollout, startMeasuring } from "./measure-traffic.ts";
import { type Moving, promote, switchTo, takeOff, weigh } from "./move-traffic.ts";
import { emitRemoved, emitRollout, emitSettled } from "./rollout-events.ts";
import { nodesOfCandidates, withdrawRollout } from "./withdraw-rollout.ts";

/** One look at a workload, in its transaction. */
export type Step = {
  tx: Tx;
  signals: Signals;
  view: RolloutView;
  /** As gateways told it; nothing at all may also mean that they don't tell of this workload any more. */
  traffic: TrafficSnapshot | null;
  /** Of all nodes that the actions concern. */
  changes: NodeChanges;
};

/** The nodes whose desired state an action changes. */
export const nodesOf = (view: RolloutView, action: Action): NodeId[] => {
  switch (action.do) {
    case "start_candidate":
      return [action.nodeId];
    case "switch": {
      // A release that only runs are made of is to be fetched, wherever they may come to run.
      const isCron = view.release.kind === "cron" || view.servingRelease?.kind === "cron";
      if (isCron) return view.nodes.map(({ nodeId }) => nodeId);
      return action.replicaIds.map((id) => replicaOf(view, id).nodeId);
    }
    case "restore":
    case "fail":
      return nodesOfCandidates(view);
    case "promote":
    case "give_up_repair":
    case "stop":
    case "forget":
      return [replicaOf(view, action.replicaId).nodeId];
    default:
      return [];
  }
};

/** Does one action of a plan. */
export const carryOut = async (step: Step, action: Action): Promise<void> => {
  const { tx, view, changes, traffic } = step;
  const { workload, now } = view;
  const known = knownTraffic(traffic, view.gatewayRevision);
  switch (action.do) {
    case "start_candidate":
      return await startCandidate(step, action);
    case "take_off":
      return await takeOff(movingOf(step));
    case "weigh":
      return await weigh(movingOf(step), action.index, action.replicaIds, weightOf(view, action.index));
    case "acknowledge_step":
      await acknowledgeStep(tx, workload.id, now);
      return await startMeasuring(tx, view, known, now);
    case "measure":
      return await startMeasuring(tx, view, known, now);
    case "pass_step":
      return await passStep(tx, workload.id, now);
    case "switch":
      await switchTo(movingOf(step), view.release, action.replicaIds);
      crashpoint("rollout.switch.before-commit");
      return afterCommit(tx, () => crashpoint("rollout.switch.after-commit"));
    case "promote":
      return await promoteRepair(step, replicaOf(view, action.replicaId));
    case "give_up_repair":
      return await giveUpRepair(step, action);
    case "succeed":
    case "fail":
    case "restore":
      return await end(step, action);
    case "acknowledge_drain":
      await acknowledgeDrain(tx, action.replicaId, now);
      return afterCommit(tx, () => crashpoint("rollout.drain.acknowledged"));
    case "stop":
      return await stopReplica(tx, changes, replicaOf(view, action.replicaId));
    case "forget":
      await removeReplica(tx, action.replicaId);
      return await removeUnusedReleases(tx, workload.id);
    case "note_drained":
      return await noteDrained(tx, workload.id, action.generation, now);
    case "settle": {
      const figures = await settleRollout(tx, workload, action.generation, known, now);
      await emitSettled(tx, workload, action.generation, figures);
      return await removeUnusedReleases(tx, workload.id);
    }
    case "remove_workload":
      await removeWorkload(tx, workload.id, now);
      await emitRemoved(tx, workload);
      return;
  }
};

const movingOf = ({ tx, signals, view, traffic }: Step): Moving => {
  const { workload, replicas, now } = view;
  return { tx, signals, workload, replicas, now, traffic };
};

const startCandidate = async (
  { tx, view }: Step,
  { nodeId, generation, ordinal }: Extract<Action, { do: "start_candidate" }>,
): Promise<void> => {
  const { workload, release, now } = view;
  await insertCandidate(tx, { id: newId<ReplicaId>(), workloadId: workload.id, generation, ordinal, nodeId }, now);
  const isOfNewest = generation === workload.generation;
  if (isOfNewest && release.volumes.length > 0) await pinToVolumes(tx, workload.id, nodeId);
};

/** How the rollout ends; one that has to restore the old release ends when that is done. */
const end = async (step: Step, action: Extract<Action, { do: "succeed" | "fail" | "restore" }>): Promise<void> => {
  const { tx, view, changes } = step;
  const { workload, release, now } = view;
  afterCommit(tx, () => crashpoint("rollout.recorded"));
  if (action.do === "succeed") {
    await finishRollout(tx, workload.id, { state: "succeeded" }, now);
    await emitRollout(tx, "succeeded", workload, release, { replicaId: servingOf(view) });
    return;
  }
  await withdrawRollout(movingOf(step), changes);
  if (action.do === "restore") return await setRestoring(tx, workload.id, action.reason, now);
  await finishRollout(tx, workload.id, { state: "failed", reason: action.reason }, now);
  await emitRollout(tx, "failed", workload, release, { reason: reasonForEvent(action.reason) });
};

const promoteRepair = async (step: Step, replica: Replica): Promise<void> => {
  const { workload, now } = step.view;
  const { rollout, offSince } = workload;
  await promote(movingOf(step), replica);
  if (offSince === null || rollout.state !== "running" || rollout.phase.at !== "restoring") return;
  await setRestoringReason(step.tx, workload.id, withDowntime(rollout.phase.reason, offSince, now));
};

/** First wait before a lost replica is tried to be replaced again; it doubles with each failure. */
const REPAIR_MS = 10_000;
const MAX_REPAIR_MS = 5 * 60_000;

const giveUpRepair = async (
  { tx, view, changes }: Step,
  { replicaId, reason }: Extract<Action, { do: "give_up_repair" }>,
): Promise<void> => {
  const { workload, now } = view;
  log.warn({ workloadId: workload.id, replicaId, code: reason.code }, "a lost replica could not be replaced yet");
  await stopReplica(tx, changes, replicaOf(view, replicaId));
  const waitMs = Math.min(MAX_REPAIR_MS, REPAIR_MS * 2 ** Math.min(workload.repairs.count, 10));
  await noteRepairFailed(tx, workload.id, new Date(now.getTime() + waitMs));
};

const weightOf = ({ release }: RolloutView, index: number): number => {
  const step = release.strategy.kind === "canary" ? release.strategy.steps[index] : undefined;
  invariant(step !== undefined, "a plan weighs the steps of its release");
  return step.weight;
};

const replicaOf = (view: RolloutView, id: ReplicaId): Replica => {
  const replica = view.replicas.find((each) => each.id === id);
  invariant(replica !== undefined, "a plan names replicas of its own view");
  return replica;
};

const servingOf = (view: RolloutView): ReplicaId | null =>
  view.replicas.find(({ role }) => role === "serving")?.id ?? null;
