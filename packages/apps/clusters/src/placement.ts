import { invariant } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import { isOnline } from "./node.ts";
import {
  type Action,
  act,
  after,
  lookAt,
  NODE_POLL_MS,
  type Place,
  type Plan,
  type RolloutView,
  unreachable,
  waitsForNodeUntil,
} from "./plan.ts";
import { fixedNode, type Reason } from "./workload.ts";

/** Starts replicas of a generation with these numbers, or null while no node that may run them is online. */
export const placeReplicas = (view: RolloutView, generation: number, ordinals: readonly number[]): Plan | null => {
  const nodeIds = chooseNodes(view, generation, ordinals.length);
  if (nodeIds === null) return null;
  const actions = nodeIds.map((nodeId, index): Action => {
    const ordinal = ordinals[index];
    invariant(ordinal !== undefined, "a node was chosen for each of them");
    return { do: "start_candidate", nodeId, generation, ordinal };
  });
  return act(...actions);
};

/**
 * Spreads replicas of one generation over nodes: first where the fewest of its own are, of these where the workload
 * serves already (its image is there), of these where the fewest replicas are. Null when there is no node.
 */
const chooseNodes = (view: RolloutView, generation: number, count: number): NodeId[] | null => {
  const nodes = openNodes(view).map(({ nodeId, replicaCount }) => {
    const here = view.replicas.filter((replica) => replica.nodeId === nodeId && replica.role !== "stopping");
    const own = here.filter((replica) => replica.generation === generation && replica.role !== "draining").length;
    return { nodeId, own, replicaCount, serves: here.some(({ role }) => role === "serving") };
  });
  if (nodes.length === 0) return null;
  return Array.from({ length: count }, () => {
    const [best] = nodes.toSorted(
      (a, b) =>
        a.own - b.own ||
        Number(b.serves) - Number(a.serves) ||
        a.replicaCount - b.replicaCount ||
        (a.nodeId < b.nodeId ? -1 : 1),
    );
    invariant(best !== undefined, "there is a node");
    best.own += 1;
    best.replicaCount += 1;
    return best.nodeId;
  });
};

/** Whether a node is online that may run it. */
export const hasPlace = (view: RolloutView): boolean => openNodes(view).length > 0;

const openNodes = (view: RolloutView): Place[] => {
  const fixed = fixedNode(view.workload);
  return view.nodes.filter((node) => isOnline(node, view.now) && (fixed === null || node.nodeId === fixed));
};

/** What becomes of a rollout that has no node to run on: it waits, and gives up in the end. */
export const waitForPlace = (view: RolloutView): { is: "failed"; reason: Reason } | { is: "waiting"; plan: Plan } => {
  const fixed = fixedNode(view.workload);
  const usable = view.nodes.filter((node) => fixed === null || node.nodeId === fixed);
  const lastSeenAt = Math.max(
    view.workload.rollout.startedAt.getTime(),
    ...usable.map((node) => node.lastSeenAt.getTime()),
  );
  if (waitsForNodeUntil(view, new Date(lastSeenAt)) > view.now) {
    return { is: "waiting", plan: lookAt(after(view.now, NODE_POLL_MS)) };
  }
  const reason =
    fixed === null || usable.length === 0
      ? { code: "no_node", message: "No node is connected that could run this." }
      : { code: "node_unreachable", message: unreachable };
  return { is: "failed", reason };
};
