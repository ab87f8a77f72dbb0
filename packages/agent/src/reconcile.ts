import type { DesiredReplica, DesiredState, Reason } from "@homeport/clusters/contract.ts";
import { backoffMs } from "./backoff.ts";
import type { EngineReplica } from "./ports.ts";

/** What the agent remembers of a replica between two looks; losing it (a restart of the agent) only forgets waiting times. */
export type Memory = {
  /** Failed starts and crashes in a row. */
  failures: number;
  /** When the last start failed, in epoch ms; 0 for never. */
  failedAt: number;
  /** Set once a candidate has failed for good: it is not started again, whatever the engine shows. */
  failure: Reason | null;
};

export const NO_MEMORY: Memory = { failures: 0, failedAt: 0, failure: null };

export type Action =
  | { kind: "start"; replica: DesiredReplica; again: boolean }
  | { kind: "setRestart"; id: string; restart: "never" | "always" }
  | { kind: "remove"; id: string; graceSeconds: number };

export type View = {
  desired: DesiredState;
  /** Everything the engine has of this node; a partial list must never get here. */
  replicas: EngineReplica[];
  memory: ReadonlyMap<string, Memory>;
  /** Replicas that an action is working on, or was while the list was made: what the list says of them may be old. */
  busy: ReadonlySet<string>;
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
  return { actions: steps.flatMap((step) => step.actions), wakeAt: waits.length > 0 ? Math.min(...waits) : null };
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
  if (memory.failure !== null) return NOTHING; // reported as failed; the control plane decides what becomes of it
  if (found === null || found.state.kind === "created") {
    return startAt(wanted, memory.failedAt + backoffMs(memory.failures), false, view.now);
  }
  if (found.state.kind === "exited") {
    if (wanted.restart === "never" || found.state.restarting) return NOTHING;
    const due = Math.max(
      found.state.exit.at.getTime() + backoffMs(memory.failures + 1),
      memory.failedAt + backoffMs(memory.failures),
    );
    return startAt(wanted, due, true, view.now);
  }
  return found.restart === wanted.restart
    ? NOTHING
    : now({ kind: "setRestart", id: wanted.id, restart: wanted.restart });
};

const startAt = (replica: DesiredReplica, due: number, again: boolean, at: number): Plan =>
  due <= at ? now({ kind: "start", replica, again }) : { actions: [], wakeAt: due };
