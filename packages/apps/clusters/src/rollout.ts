import type { NodeId, ReplicaId } from "@homeport/kit/ids.ts";
import { isOnline } from "./node.ts";
import type { Replica } from "./replica.ts";
import type { Reason, ReleaseSpec, Workload } from "./workload.ts";

/** How long a rollout waits for a node that is away, from when we could have seen it. */
export const NODE_WAIT_MS = 45_000;
/** How long gateways may take to apply a switch before it counts as applied; each polls every 5 s at the latest. */
export const ACKNOWLEDGE_MS = 6_000;
/** How long fetching an image may take, and how long an agent may say nothing at all of a new replica. */
export const PULL_DEADLINE_MS = 15 * 60_000;
/** The agent holds the start deadline; this is what we add before we stop believing that it does. */
export const START_SLACK_MS = 15_000;
/** Without a probe there is no readiness, so it has to stay alive at least this long. */
const UNPROBED_MS = 3_000;
/** How soon to ask gateways again. The usual answer takes some milliseconds, and a deploy waits for it. */
const ACKNOWLEDGE_POLL_MS = 25;
/** How soon to look at an absent node again. */
const NODE_POLL_MS = 1_000;

export type Candidate = { nodeId: NodeId; replicaCount: number; lastSeenAt: Date };

/** Everything that a decision depends on. */
export type RolloutView = {
  workload: Workload;
  /** Of the workload's newest generation. */
  release: ReleaseSpec;
  replicas: readonly Replica[];
  /** Grace of each release that a replica runs, by generation, in seconds. */
  graceSeconds: ReadonlyMap<number, number>;
  nodes: readonly Candidate[];
  /** The lowest revision that a live gateway serves; null when there is no gateway to wait for. */
  gatewayRevision: number | null;
  /** Since when this controller watches: what happened before it could not have been seen. */
  watchingSince: Date;
  now: Date;
};

/** One step; each is a change of rows in one transaction, and all of a plan are done in the same one. */
export type Action =
  | { do: "start_candidate"; nodeId: NodeId }
  | { do: "switch"; replicaId: ReplicaId }
  | { do: "succeed" }
  | { do: "fail"; reason: Reason }
  | { do: "acknowledge_drain"; replicaId: ReplicaId }
  | { do: "stop"; replicaId: ReplicaId }
  | { do: "forget"; replicaId: ReplicaId }
  | { do: "remove_workload" };

/** `checkAt`: when to look again although nothing was reported; null when only a report can change anything. */
export type Plan = { actions: Action[]; checkAt: Date | null };

/**
 * Decides what comes next for one workload. Pure: the same view gives the same plan, and a plan that was carried out
 * never comes again, so a controller may stop anywhere and start over.
 */
export const plan = (view: RolloutView): Plan => {
  const parts = [
    ...view.replicas.map((replica) => planLeaving(view, replica)),
    view.workload.removing ? planRemoval(view) : planRollout(view),
  ];
  return { actions: parts.flatMap(({ actions }) => actions), checkAt: earliest(parts.map(({ checkAt }) => checkAt)) };
};

const nothing: Plan = { actions: [], checkAt: null };
const act = (...actions: Action[]): Plan => ({ actions, checkAt: null });
const lookAt = (checkAt: Date): Plan => ({ actions: [], checkAt });
const after = (since: Date, ms: number): Date => new Date(since.getTime() + ms);

const earliest = (instants: (Date | null)[]): Date | null =>
  instants.reduce((first, next) => (first === null || (next !== null && next < first) ? next : first), null);

/** Draining, then stopping, then gone. */
const planLeaving = (view: RolloutView, replica: Replica): Plan => {
  if (replica.role === "stopping")
    return replica.stoppedAt === null ? nothing : act({ do: "forget", replicaId: replica.id });
  const misplaced = replica.role === "candidate" && replica.generation !== view.workload.generation;
  if (misplaced) return act({ do: "stop", replicaId: replica.id });
  if (replica.role !== "draining" || replica.drain === null) return nothing;
  const { revision, since, acknowledgedAt } = replica.drain;
  if (acknowledgedAt === null) {
    if (!isApplied(view, revision, since)) return lookAt(after(view.now, ACKNOWLEDGE_POLL_MS));
    return act({ do: "acknowledge_drain", replicaId: replica.id });
  }
  const over = after(acknowledgedAt, (view.graceSeconds.get(replica.generation) ?? 0) * 1000);
  return over <= view.now ? act({ do: "stop", replicaId: replica.id }) : lookAt(over);
};

const isApplied = (view: RolloutView, revision: number, since: Date): boolean =>
  view.gatewayRevision === null || view.gatewayRevision >= revision || after(since, ACKNOWLEDGE_MS) <= view.now;

const planRemoval = (view: RolloutView): Plan =>
  view.replicas.length === 0 ? act({ do: "remove_workload" }) : nothing;

const planRollout = (view: RolloutView): Plan => {
  const { rollout, generation } = view.workload;
  if (rollout.state === "switching") {
    const applied = isApplied(view, rollout.revision, rollout.switchedAt);
    return applied ? act({ do: "succeed" }) : lookAt(after(view.now, ACKNOWLEDGE_POLL_MS));
  }
  if (rollout.state !== "running") return nothing;
  const candidate = view.replicas.find((replica) => replica.role === "candidate" && replica.generation === generation);
  return candidate === undefined ? planStart(view) : planCandidate(view, candidate);
};

const planStart = (view: RolloutView): Plan => {
  const { pinnedNodeId, rollout } = view.workload;
  const misplaced = view.replicas.some((replica) => replica.role === "candidate");
  if (misplaced) return lookAt(view.now); // it is being stopped; there is never a second candidate beside it
  const nodeId = chooseNode(view);
  if (nodeId !== null) return act({ do: "start_candidate", nodeId });
  const wanted = view.nodes.find((node) => node.nodeId === pinnedNodeId);
  if (waitedForNode(view, wanted?.lastSeenAt ?? rollout.startedAt)) {
    const message = wanted === undefined ? "No node is connected that could run this." : unreachable;
    return act({ do: "fail", reason: { code: wanted === undefined ? "no_node" : "node_unreachable", message } });
  }
  return lookAt(after(view.now, NODE_POLL_MS));
};

const unreachable = "The node that should run this does not answer. Its agent may be stopped or cut off.";

/** The pinned node, else where the old replica runs, else the online node with the fewest replicas. */
const chooseNode = (view: RolloutView): NodeId | null => {
  const { pinnedNodeId } = view.workload;
  const online = view.nodes.filter((node) => isOnline(node, view.now));
  if (pinnedNodeId !== null) return online.find((node) => node.nodeId === pinnedNodeId)?.nodeId ?? null;
  const current = view.replicas.find((replica) => replica.role === "serving")?.nodeId;
  const [first] = online.toSorted(
    (a, b) =>
      Number(b.nodeId === current) - Number(a.nodeId === current) ||
      a.replicaCount - b.replicaCount ||
      (a.nodeId < b.nodeId ? -1 : 1),
  );
  return first?.nodeId ?? null;
};

const waitedForNode = (view: RolloutView, lastSeenAt: Date): boolean => {
  const since = Math.max(lastSeenAt.getTime(), view.watchingSince.getTime(), view.workload.rollout.startedAt.getTime());
  return view.now.getTime() - since >= NODE_WAIT_MS;
};

const planCandidate = (view: RolloutView, candidate: Replica): Plan => {
  const failure = failureOf(view, candidate);
  if (failure !== null) return act({ do: "fail", reason: failure });
  const node = view.nodes.find(({ nodeId }) => nodeId === candidate.nodeId);
  if (node === undefined || !isOnline(node, view.now)) return lookAt(after(view.now, NODE_POLL_MS));
  const readySince = readySinceOf(view, candidate);
  if (readySince !== null && isRoutable(view, candidate)) {
    const steadyAt = after(readySince, stabilityMs(view.release));
    return steadyAt <= view.now ? act({ do: "switch", replicaId: candidate.id }) : lookAt(steadyAt);
  }
  // A node that goes away tells nobody, so it has to be looked at.
  return lookAt(after(view.now, NODE_POLL_MS));
};

/** Without a probe, running is as ready as it gets. */
const readySinceOf = (view: RolloutView, { readyAt, state, stateSince }: Replica): Date | null =>
  readyAt ?? (view.release.health.kind === "none" && state === "running" ? stateSince : null);

const stabilityMs = ({ health, stabilitySeconds }: ReleaseSpec): number =>
  health.kind === "none" ? Math.max(stabilitySeconds * 1000, UNPROBED_MS) : stabilitySeconds * 1000;

/** Without hosts nothing is routed, so there is nothing to wait for. */
const isRoutable = (view: RolloutView, candidate: Replica): boolean =>
  candidate.address !== null || view.release.hosts.length === 0 || view.release.health.kind === "none";

/** Why the candidate will not make it; null while it still may. */
const failureOf = (view: RolloutView, candidate: Replica): Reason | null => {
  const { state, stateSince, reason, nodeId } = candidate;
  if (state === "exited" || state === "failed" || state === "stopped") {
    return reason ?? { code: "exited", message: "The process ended before it was ready." };
  }
  if (state === "unhealthy") return reason ?? { code: "unhealthy", message: "The health check failed." };
  const node = view.nodes.find((each) => each.nodeId === nodeId);
  const online = node !== undefined && isOnline(node, view.now);
  if (!online) {
    const gaveUp = waitedForNode(view, node?.lastSeenAt ?? view.workload.rollout.startedAt);
    return gaveUp ? { code: "node_unreachable", message: unreachable } : null;
  }
  if (state === "pending" || state === "pulling") {
    if (after(candidate.createdAt, PULL_DEADLINE_MS) > view.now) return null;
    const minutes = PULL_DEADLINE_MS / 60_000;
    return reason ?? { code: "pull_deadline", message: `The image was not there after ${minutes} minutes.` };
  }
  return overdue(view, stateSince, candidate);
};

const overdue = (view: RolloutView, since: Date, candidate: Replica): Reason | null => {
  const { health } = view.release;
  const isReady = candidate.readyAt !== null && isRoutable(view, candidate);
  if (health.kind === "none" || isReady) return null;
  if (after(since, health.timeoutSeconds * 1000 + START_SLACK_MS) > view.now) return null;
  const message = `It was not ready within ${health.timeoutSeconds} seconds.`;
  return candidate.reason ?? { code: "start_deadline", message };
};
