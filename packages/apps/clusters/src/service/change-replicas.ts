import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { Replica } from "../replica.ts";
import type { Signals } from "../signal.ts";
import { bumpGenerations } from "../store/nodes.ts";
import { setStopping } from "../store/replicas.ts";

/** The generations of nodes' desired states that have this transaction's changes. */
export type NodeChanges = ReadonlyMap<NodeId, number>;

/** Tells the agents of nodes that their desired state changed, once it has. Called once in a transaction. */
export const changeNodes = async (tx: Tx, signals: Signals, nodeIds: readonly NodeId[]): Promise<NodeChanges> => {
  const changes = await bumpGenerations(tx, [...new Set(nodeIds)]);
  afterCommit(tx, () => {
    for (const nodeId of changes.keys()) signals.node(nodeId).raise();
  });
  return changes;
};

/** Asks for the end of a replica. */
export const stopReplica = async (
  tx: Tx,
  changes: NodeChanges,
  replica: Pick<Replica, "id" | "nodeId">,
): Promise<void> => {
  const generation = changes.get(replica.nodeId);
  invariant(generation !== undefined, "the node of a replica that is stopped is among those that change");
  await setStopping(tx, replica.id, generation);
};

/** Asks for the end of several, when nothing else of their nodes changes in this transaction. */
export const stopReplicas = async (
  tx: Tx,
  signals: Signals,
  replicas: readonly Pick<Replica, "id" | "nodeId">[],
): Promise<void> => {
  const changes = await changeNodes(
    tx,
    signals,
    replicas.map(({ nodeId }) => nodeId),
  );
  for (const replica of replicas) await stopReplica(tx, changes, replica); // at most as many as a release may have
};
