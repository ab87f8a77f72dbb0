import type { NodeId } from "@homeport/kit/ids.ts";
import type { Replica } from "../replica.ts";
import type { Workload } from "../workload.ts";
import { changeNodes, type NodeChanges, stopReplica } from "./change-replicas.ts";
import { giveBack, type Moving } from "./move-traffic.ts";

type Underway = { workload: Pick<Workload, "generation">; replicas: readonly Replica[] };

/** What the running rollout of a workload has started and has no traffic yet. */
const candidatesOf = ({ workload, replicas }: Underway): Replica[] =>
  replicas.filter(({ role, generation }) => role === "candidate" && generation === workload.generation);

export const nodesOfCandidates = (underway: Underway): NodeId[] => candidatesOf(underway).map(({ nodeId }) => nodeId);

/**
 * Ends what a running rollout has started: its candidates stop, and canaries give their traffic back. Without `changes`,
 * nothing else of nodes is changed in the transaction.
 */
export const withdrawRollout = async (moving: Moving, changes?: NodeChanges): Promise<void> => {
  const { tx, signals } = moving;
  const nodes = changes ?? (await changeNodes(tx, signals, nodesOfCandidates(moving)));
  for (const candidate of candidatesOf(moving)) await stopReplica(tx, nodes, candidate); // at most MAX_REPLICAS
  await giveBack(moving);
};
