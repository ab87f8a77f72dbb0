import type { NodeId, ReplicaId } from "@homeport/kit/ids.ts";
import { isOnline } from "./node.ts";
import type { Replica } from "./replica.ts";
import type { StepTraffic } from "./traffic.ts";
import type { Reason, ReleaseSpec, Workload } from "./workload.ts";

/** How long a rollout waits for a node that is away, from when we could have seen it. */
export const NODE_WAIT_MS = 45_000;
/** How long gateways may take to apply a switch before it counts as applied; each polls every 5 s at the latest. */
export const ACKNOWLEDGE_MS = 6_000;
/** How soon to ask gateways again. The usual answer takes some milliseconds, and a deploy waits for it. */
export const ACKNOWLEDGE_POLL_MS = 25;
/** How soon to look at an absent node again. */
export const NODE_POLL_MS = 1_000;

export type Place = { nodeId: NodeId; replicaCount: number; lastSeenAt: Date };

/** A release whose first change of the routes began a count of requests that is not taken down yet. */
export type Measuring = {
  generation: number;
  /** The last revision with which its rollout changed the routes. */
  revision: number;
  drainedAt: Date | null;
};

/** Everything that a decision depends on. */
export type RolloutView = {
  workload: Workload;
  /** Of the workload's newest generation. */
  release: ReleaseSpec;
  /** Of the generation that serves, or is to again. */
  servingRelease: ReleaseSpec | null;
  replicas: readonly Replica[];
  /** Grace of each release that a replica runs, by generation, in seconds. */
  graceSeconds: ReadonlyMap<number, number>;
  nodes: readonly Place[];
  /** The lowest revision that a live gateway serves; null when there is no gateway to wait for. */
  gatewayRevision: number | null;
  /** Whether gateways could be asked just now what they count. */
  isTrafficKnown: boolean;
  /** What they counted in the canary's step; null when that is not known now. */
  stepTraffic: StepTraffic | null;
  measuring: readonly Measuring[];
  /** Since when this controller watches: what happened before it could not have been seen. */
  watchingSince: Date;
  now: Date;
};

/** One step; each is a change of rows in one transaction, and all of a plan are done in the same one. */
export type Action =
  | { do: "start_candidate"; nodeId: NodeId; generation: number; ordinal: number }
  /** Takes what serves off the routes, so that another release can take its place. */
  | { do: "take_off" }
  /** Gives candidates the traffic of a canary's step. */
  | { do: "weigh"; index: number; replicaIds: ReplicaId[] }
  | { do: "acknowledge_step" }
  /** Begins to count for the canary's step, or goes on after a gateway went away with what it had counted. */
  | { do: "measure" }
  /** The canary's step is over; what follows may begin. */
  | { do: "pass_step" }
  | { do: "switch"; replicaIds: ReplicaId[] }
  /** Puts a replica of the serving release in the place of a lost one. */
  | { do: "promote"; replicaId: ReplicaId }
  | { do: "give_up_repair"; replicaId: ReplicaId; reason: Reason }
  | { do: "succeed" }
  /** Ends what the rollout has started, and has the old release started again. */
  | { do: "restore"; reason: Reason }
  | { do: "fail"; reason: Reason }
  | { do: "acknowledge_drain"; replicaId: ReplicaId }
  | { do: "stop"; replicaId: ReplicaId }
  | { do: "forget"; replicaId: ReplicaId }
  | { do: "note_drained"; generation: number }
  | { do: "settle"; generation: number }
  | { do: "remove_workload" };

/** `checkAt`: when to look again although nothing was reported; null when only a report can change anything. */
export type Plan = { actions: Action[]; checkAt: Date | null };

export const nothing: Plan = { actions: [], checkAt: null };
export const act = (...actions: Action[]): Plan => ({ actions, checkAt: null });
export const lookAt = (checkAt: Date): Plan => ({ actions: [], checkAt });
export const after = (since: Date, ms: number): Date => new Date(since.getTime() + ms);

export const earliest = (instants: (Date | null)[]): Date | null =>
  instants.reduce((first, next) => (first === null || (next !== null && next < first) ? next : first), null);

export const together = (plans: Plan[]): Plan => ({
  actions: plans.flatMap(({ actions }) => actions),
  checkAt: earliest(plans.map(({ checkAt }) => checkAt)),
});

export const isApplied = (view: RolloutView, revision: number, since: Date): boolean =>
  view.gatewayRevision === null || view.gatewayRevision >= revision || after(since, ACKNOWLEDGE_MS) <= view.now;

export const nodeOf = (view: RolloutView, replica: Pick<Replica, "nodeId">): Place | undefined =>
  view.nodes.find(({ nodeId }) => nodeId === replica.nodeId);

export const isNodeOnline = (view: RolloutView, replica: Pick<Replica, "nodeId">): boolean => {
  const node = nodeOf(view, replica);
  return node !== undefined && isOnline(node, view.now);
};

/** Until when a node that was seen last at `lastSeenAt` is waited for: nobody looked before this controller did. */
export const missedFrom = (view: RolloutView, lastSeenAt: Date): Date =>
  after(new Date(Math.max(lastSeenAt.getTime(), view.watchingSince.getTime())), NODE_WAIT_MS);

/** The same for a rollout, which waits that long in any case. */
export const waitsForNodeUntil = (view: RolloutView, lastSeenAt: Date): Date =>
  new Date(
    Math.max(missedFrom(view, lastSeenAt).getTime(), after(view.workload.rollout.startedAt, NODE_WAIT_MS).getTime()),
  );

export const unreachable = "The node that should run this does not answer. Its agent may be stopped or cut off.";
