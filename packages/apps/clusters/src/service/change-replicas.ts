import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { type NodeId, newId, type ReplicaId } from "@homeport/kit/ids.ts";
import type { Replica } from "../replica.ts";
import type { Signals } from "../signal.ts";
import { bumpGeneration } from "../store/nodes.ts";
import { insertCandidate, setStopping } from "../store/replicas.ts";
import type { Workload } from "../workload.ts";

/** Tells a node's agent that its desired state changed, once it has. Returns the generation that has the change. */
export const changeNode = async (tx: Tx, signals: Signals, nodeId: NodeId): Promise<number> => {
  const generation = await bumpGeneration(tx, nodeId);
  afterCommit(tx, () => signals.node(nodeId).raise());
  return generation;
};

export const startCandidate = async (
  tx: Tx,
  signals: Signals,
  workload: Workload,
  nodeId: NodeId,
  now: Date,
): Promise<void> => {
  const id = newId<ReplicaId>();
  await insertCandidate(tx, { id, workloadId: workload.id, generation: workload.generation, nodeId }, now);
  await changeNode(tx, signals, nodeId);
};

/** Asks for the end of a replica. */
export const stopReplica = async (tx: Tx, signals: Signals, replica: Pick<Replica, "id" | "nodeId">): Promise<void> => {
  const generation = await changeNode(tx, signals, replica.nodeId);
  await setStopping(tx, replica.id, generation);
};

/** Asks for the end of a rollout's candidate, if there is one. */
export const stopCandidate = async (tx: Tx, signals: Signals, replicas: readonly Replica[]): Promise<void> => {
  const candidate = replicas.find(({ role }) => role === "candidate");
  if (candidate !== undefined) await stopReplica(tx, signals, candidate);
};
