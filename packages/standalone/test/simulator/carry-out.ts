import { withDowntime } from "@homeport/clusters/recreate.ts";
import type { Action, RolloutView } from "@homeport/clusters/rollout.ts";
import type { NodeId, ReplicaId } from "@homeport/kit/ids.ts";
import { trafficGiven } from "./checks.ts";
import {
  finishRollout,
  newCandidate,
  promote,
  switchTo,
  type Transaction,
  takeOff,
  weigh,
  withdrawRollout,
} from "./clusters-changes.ts";
import { type ReplicaRow, releaseOf, removeUnusedReleases, stopReplica, type WorkloadRow } from "./clusters-store.ts";
import { newIdOf } from "./world.ts";

/** The nodes whose desired state an action changes. */
export const nodesOf = ({ replicas, workload }: RolloutView, action: Action): NodeId[] => {
  const nodeOf = (id: ReplicaId): NodeId[] =>
    replicas.flatMap((replica) => (replica.id === id ? [replica.nodeId] : []));
  switch (action.do) {
    case "start_candidate":
      return [action.nodeId];
    case "switch":
      return action.replicaIds.flatMap(nodeOf);
    case "restore":
    case "fail":
      return replicas.flatMap(({ role, generation, nodeId }) =>
        role === "candidate" && generation === workload.generation ? [nodeId] : [],
      );
    case "promote":
    case "give_up_repair":
    case "stop":
    case "forget":
      return nodeOf(action.replicaId);
    default:
      return [];
  }
};

const REPAIR_MS = 10_000;
const MAX_REPAIR_MS = 5 * 60_000;

/** `carryOut`: does one action of a plan. */
export const carryOut = (
  tx: Transaction,
  workload: WorkloadRow,
  view: RolloutView,
  changes: ReadonlyMap<NodeId, number>,
  action: Action,
): void => {
  const { db, now, world } = tx;
  const replica = (id: ReplicaId): ReplicaRow => {
    const found = db.replicas.get(id);
    if (found === undefined) throw new Error("a plan names replicas of its own view");
    return found;
  };
  const { rollout } = workload;
  const step = rollout.state === "running" && rollout.phase.at === "canary" ? rollout.phase : null;
  switch (action.do) {
    case "start_candidate": {
      const { generation, ordinal, nodeId } = action;
      const id = newIdOf<ReplicaId>(world, "r");
      db.replicas.set(id, newCandidate({ id, workloadId: workload.id, generation, ordinal, nodeId }, now));
      if (generation === workload.generation && view.release.volumes.length > 0) workload.volumeNodeId ??= nodeId;
      return;
    }
    case "take_off":
      takeOff(tx, workload);
      return;
    case "weigh": {
      const { strategy } = view.release;
      const percent = strategy.kind === "canary" ? (strategy.steps[action.index]?.weight ?? 0) : 0;
      trafficGiven(world, action.replicaIds);
      weigh(tx, workload, { ...action, percent });
      return;
    }
    case "acknowledge_step":
      if (step !== null) setPhase(workload, { ...step, acknowledgedAt: now, measuredSince: now });
      return;
    case "measure":
      if (step !== null) setPhase(workload, { ...step, measuredSince: now });
      return;
    case "pass_step":
      if (step !== null) setPhase(workload, { ...step, passedAt: now });
      return;
    case "switch":
      trafficGiven(world, action.replicaIds);
      switchTo(tx, workload, view.release, action.replicaIds);
      return;
    case "promote":
      trafficGiven(world, [action.replicaId]);
      if (workload.offSince !== null && rollout.state === "running" && rollout.phase.at === "restoring")
        setPhase(workload, { ...rollout.phase, reason: withDowntime(rollout.phase.reason, workload.offSince, now) });
      promote(tx, workload, replica(action.replicaId));
      return;
    case "give_up_repair": {
      stopReplica(changes, replica(action.replicaId));
      const { count } = workload.repairs;
      const waitMs = Math.min(MAX_REPAIR_MS, REPAIR_MS * 2 ** Math.min(count, 10));
      workload.repairs = { count: count + 1, notBefore: new Date(now.getTime() + waitMs) };
      return;
    }
    case "succeed":
      finishRollout(tx, workload, { state: "succeeded" });
      return;
    case "fail":
      withdrawRollout(tx, workload, changes);
      finishRollout(tx, workload, { state: "failed", reason: action.reason });
      return;
    case "restore":
      withdrawRollout(tx, workload, changes);
      setPhase(workload, { at: "restoring", reason: action.reason, since: now });
      workload.repairs = { count: 0, notBefore: null };
      return;
    case "acknowledge_drain": {
      const { drain } = replica(action.replicaId);
      if (drain !== null) replica(action.replicaId).drain = { ...drain, acknowledgedAt: now };
      return;
    }
    case "stop":
      stopReplica(changes, replica(action.replicaId));
      return;
    case "forget":
      db.replicas.delete(action.replicaId);
      removeUnusedReleases(db, workload);
      return;
    case "note_drained":
    case "settle": {
      const release = releaseOf(db, workload.id, action.generation);
      if (release === undefined) return;
      if (action.do === "note_drained") release.drainedAt ??= now;
      else release.settledAt = now;
      removeUnusedReleases(db, workload);
      return;
    }
    case "remove_workload":
      db.workloads.delete(workload.id);
      db.releases.delete(workload.id);
      db.removed.add(workload.id);
      return;
  }
};

type Running = Extract<WorkloadRow["rollout"], { state: "running" }>;

const setPhase = (workload: WorkloadRow, phase: Running["phase"]): void => {
  if (workload.rollout.state === "running") workload.rollout = { ...workload.rollout, phase };
};
