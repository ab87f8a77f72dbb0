import type { DesiredReplica, DesiredState, Reason } from "@homeport/clusters/contract.ts";
import { backoffMs } from "./backoff.ts";
import { type Epochs, isStale, otherWriter } from "./fence.ts";
import type { EngineReplica, Exit, RestartPolicy } from "./ports.ts";

/** What the agent remembers of a replica between two looks; losing it (a restart of the agent) only forgets waiting times. */
export type Memory = {
  /** Failed starts and crashes in a row. */
  failures: number;
  /** When the last start failed, in epoch ms; 0 for never. */
  failedAt: number;
  /** Set once a candidate has failed for good: it is not started again, whatever the engine shows. */
  failure: Reason | null;
  /** Of a run: it began, and so never begins again, even when nothing is left of it. */
  ran: boolean;
};

export const NO_MEMORY: Memory = { failures: 0, failedAt: 0, failure: null, ran: false };

export type Action =
  | { kind: "start"; replica: DesiredReplica; again: boolean }
  | { kind: "setRestart"; id: string; restart: RestartPolicy }
  /** A run whose time is over. */
  | { kind: "stop"; id: string; graceSeconds: number }
  | { kind: "remove"; id: string; graceSeconds: number };

export type View = {
  desired: DesiredState;
  /** Everything the engine has of this node; a partial list must never get here. */
  replicas: EngineReplica[];
  memory: ReadonlyMap<string, Memory>;
  /** Replicas that an action is working on, or was while the list was made: what the list says of them may be old. */
  busy: ReadonlySet<string>;
  /** The highest epoch ever told, by workload. */
  epochs: Epochs;
  /** Volumes that a task is changing: nothing that mounts one is started. */
  lockedVolumes: ReadonlySet<string>;
  now: number;
};

/** `wakeAt`: when a waiting time ends and another look is due, in epoch ms; null when nothing waits. */
export type Plan = { actions: Action[]; wakeAt: number | null };

/** Grace of a replica that nobody describes any more. */
const ORPHAN_GRACE_SECONDS = 10;

/** Whether `next` may replace what the node acts on: it is for this node, whole, and newer. */
export const supersedes = (next: DesiredState, current: DesiredState | null, nodeId: string): boolean =>
  next.nodeId === nodeId && next.complete === true && (current === null || next.generation > current.generation);

/**
 * What to do to get from what is to what shall be. Level-triggered: it looks at states, never at what happened, so it can
 * be asked at any time and after any loss of events.
 */
export const plan = (view: View): Plan => {
  if (view.desired.complete !== true) return { actions: [], wakeAt: null }; // a partial wish would remove what it leaves out
  const existing = new Map(view.replicas.map((replica) => [replica.id, replica]));
  const wanted = new Set(view.desired.replicas.map((replica) => replica.id));
  const steps = [
    ...view.desired.replicas.map((replica) => planReplica(replica, existing.get(replica.id) ?? null, view)),
    ...view.replicas.filter((replica) => !wanted.has(replica.id)).map((orphan) => planOrphan(orphan, view)),
  ];
  const waits = steps.flatMap((step) => (step.wakeAt === null ? [] : [step.wakeAt]));
  const actions = onlyOneWriter(steps.flatMap((step) => step.actions));
  return { actions, wakeAt: waits.length > 0 ? Math.min(...waits) : null };
};

/** Of several replicas with the same volumes that could be started now, the first; the others are looked at again. */
const onlyOneWriter = (actions: Action[]): Action[] => {
  const writing = new Set<string>();
  return actions.filter((action) => {
    if (action.kind !== "start") return true;
    const { workloadId, kind, volumes } = action.replica;
    if (kind === "run" || volumes.length === 0) return true;
    if (writing.has(workloadId)) return false;
    writing.add(workloadId);
    return true;
  });
};

const NOTHING: Plan = { actions: [], wakeAt: null };
const now = (action: Action): Plan => ({ actions: [action], wakeAt: null });

const planOrphan = (orphan: EngineReplica, view: View): Plan =>
  view.busy.has(orphan.id) ? NOTHING : now({ kind: "remove", id: orphan.id, graceSeconds: ORPHAN_GRACE_SECONDS });

const planReplica = (wanted: DesiredReplica, found: EngineReplica | null, view: View): Plan => {
  if (view.busy.has(wanted.id)) return NOTHING;
  if (wanted.desired === "stopped") {
    return found === null ? NOTHING : now({ kind: "remove", id: wanted.id, graceSeconds: wanted.graceSeconds });
  }
  const memory = view.memory.get(wanted.id) ?? NO_MEMORY;
  if (found?.state.kind === "running" && wanted.kind === "run") {
    return planTimeout(wanted, found.state.startedAt, view.now);
  }
  if (finalFailure(wanted, memory.failure) !== null) return NOTHING; // reported as failed; the control plane decides what becomes of it
  if (found === null || found.state.kind === "created") {
    if (refusalOf(wanted, found, view) !== null) return NOTHING;
    return startAt(wanted, past(memory.failedAt, view.now) + backoffMs(memory.failures), false, view);
  }
  if (found.state.kind === "exited") {
    if (found.state.restarting || !startsAgain(wanted, found.state.exit)) return NOTHING;
    const due = Math.max(
      backoffMs(memory.failures + 1) + past(found.state.exit.at.getTime(), view.now),
      backoffMs(memory.failures) + past(memory.failedAt, view.now),
    );
    return startAt(wanted, due, true, view);
  }
  return found.restart === wanted.restart
    ? NOTHING
    : now({ kind: "setRestart", id: wanted.id, restart: wanted.restart });
};

/** Whether the policy has a replica that ended so started again. An end that nobody saw counts as one with an error. */
export const startsAgain = ({ kind, restart }: Pick<DesiredReplica, "kind" | "restart">, exit: Exit): boolean =>
  kind === "service" && (restart === "always" || (restart === "on-failure" && (exit.code !== 0 || exit.oomKilled)));

/**
 * Why it has failed for good. What has got the traffic meanwhile is started again, also when it failed in the moment of that,
 * as a candidate still: the control plane does not take it for lost.
 */
export const finalFailure = ({ kind, restart }: Pick<DesiredReplica, "kind" | "restart">, failure: Reason | null) =>
  kind === "run" || restart === "never" ? failure : null;

/** Why a replica that is wanted is not even begun; null when it is. */
export const refusalOf = (
  wanted: DesiredReplica,
  found: EngineReplica | null,
  { memory, epochs }: Pick<View, "memory" | "epochs">,
): Reason | null => {
  if (wanted.desired === "stopped" || (found !== null && found.state.kind !== "created")) return null;
  if (found === null && memory.get(wanted.id)?.ran) {
    const message = "The run began on this node, but nothing is left of it, so how it ended is not known.";
    return { code: "run_lost", message };
  }
  if (!isStale(wanted, epochs)) return null;
  const message = `This node has seen generation ${epochs.get(wanted.workloadId)} of the service and does not go back to generation ${wanted.epoch}. Deploy again.`;
  return { code: "stale_epoch", message };
};

const planTimeout = (run: DesiredReplica, startedAt: Date, at: number): Plan => {
  if (run.timeoutSeconds === undefined) return NOTHING;
  const due = startedAt.getTime() + run.timeoutSeconds * 1000;
  return due <= at ? now({ kind: "stop", id: run.id, graceSeconds: run.graceSeconds }) : { actions: [], wakeAt: due };
};

const startAt = (replica: DesiredReplica, due: number, again: boolean, view: View): Plan => {
  if (due > view.now) return { actions: [], wakeAt: due };
  // what stands in the way is looked at again with every change, so nothing is waited for here
  if (replica.volumes.some(({ volumeId }) => view.lockedVolumes.has(volumeId))) return NOTHING;
  if (otherWriter(replica, view.replicas) !== null || isAnotherStarting(replica, view)) return NOTHING;
  return now({ kind: "start", replica, again });
};

/** An instant that is yet to come was noted before the clock was set back: how long ago it was nobody knows, so long ago. */
const past = (at: number, now: number): number => (at > now ? 0 : at);

/** One that is being started may not be in the list yet. */
const isAnotherStarting = (replica: DesiredReplica, view: View): boolean =>
  replica.kind === "service" &&
  replica.volumes.length > 0 &&
  view.desired.replicas.some(
    ({ id, workloadId, kind }) =>
      id !== replica.id && workloadId === replica.workloadId && kind === "service" && view.busy.has(id),
  );
