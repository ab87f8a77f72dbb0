import {
  after,
  isNodeOnline,
  lookAt,
  NODE_POLL_MS,
  nodeOf,
  type Plan,
  type RolloutView,
  unreachable,
  waitsForNodeUntil,
} from "./plan.ts";
import { isCompleted, type Replica } from "./replica.ts";
import type { Reason, ReleaseSpec } from "./workload.ts";

/** How long fetching an image may take, and how long an agent may say nothing at all of a new replica. */
export const PULL_DEADLINE_MS = 15 * 60_000;
/** The agent holds the start deadline; this is what we add before we stop believing that it does. */
export const START_SLACK_MS = 15_000;
/** Without a probe there is no readiness, so it has to stay alive at least this long. */
const UNPROBED_MS = 3_000;

/** What is to be thought of a replica that has no traffic yet. */
export type Verdict = { is: "failed"; reason: Reason } | { is: "steady" } | { is: "waiting"; plan: Plan };

/** Judges a candidate of the release `spec`. */
export const judgeCandidate = (view: RolloutView, spec: ReleaseSpec, candidate: Replica): Verdict => {
  if (endedWell(spec, candidate)) return { is: "steady" };
  const failure = failureOf(view, spec, candidate);
  if (failure !== null) return { is: "failed", reason: failure };
  const waiting = (checkAt: Date): Verdict => ({ is: "waiting", plan: lookAt(checkAt) });
  // A node that goes away tells nobody, so it has to be looked at.
  if (!isNodeOnline(view, candidate)) return waiting(after(view.now, NODE_POLL_MS));
  const readySince = readySinceOf(spec, candidate);
  if (readySince === null || !isRoutable(spec, candidate)) return waiting(after(view.now, NODE_POLL_MS));
  const steadyAt = after(readySince, stabilityMs(spec));
  return steadyAt <= view.now ? { is: "steady" } : waiting(steadyAt);
};

/** A job that was done before the window was over: nothing will ever be probed or listen there. */
const endedWell = (spec: ReleaseSpec, candidate: Replica): boolean =>
  spec.health.kind === "none" && isCompleted(candidate, spec);

/** Without a probe, running is as ready as it gets. */
const readySinceOf = ({ health }: ReleaseSpec, { readyAt, state, stateSince }: Replica): Date | null =>
  readyAt ?? (health.kind === "none" && state === "running" ? stateSince : null);

const stabilityMs = ({ health, stabilitySeconds }: ReleaseSpec): number =>
  health.kind === "none" ? Math.max(stabilitySeconds * 1000, UNPROBED_MS) : stabilitySeconds * 1000;

/** Without hosts nothing is routed, so there is nothing to wait for. */
const isRoutable = (spec: ReleaseSpec, candidate: Replica): boolean =>
  candidate.address !== null || spec.hosts.length === 0 || spec.health.kind === "none";

/** Whether it does what the release is for, as far as that is known now; for counting, not for deciding. */
export const isReadyNow = (spec: ReleaseSpec, replica: Replica): boolean =>
  replica.state === "ready" || readySinceOf(spec, replica) !== null || isCompleted(replica, spec);

/** Why the candidate will not make it; null while it still may. */
const failureOf = (view: RolloutView, spec: ReleaseSpec, candidate: Replica): Reason | null => {
  const { state, stateSince, reason } = candidate;
  if (state === "exited" || state === "failed" || state === "stopped") {
    return reason ?? { code: "exited", message: "The process ended before it was ready." };
  }
  if (state === "unhealthy") return reason ?? { code: "unhealthy", message: "The health check failed." };
  if (!isNodeOnline(view, candidate)) {
    const lastSeenAt = nodeOf(view, candidate)?.lastSeenAt ?? view.workload.rollout.startedAt;
    const gaveUp = waitsForNodeUntil(view, lastSeenAt) <= view.now;
    return gaveUp ? { code: "node_unreachable", message: unreachable } : null;
  }
  if (state === "pending" || state === "pulling") {
    if (after(candidate.createdAt, PULL_DEADLINE_MS) > view.now) return null;
    const minutes = PULL_DEADLINE_MS / 60_000;
    return reason ?? { code: "pull_deadline", message: `The image was not there after ${minutes} minutes.` };
  }
  return overdue(view, spec, stateSince, candidate);
};

const overdue = (view: RolloutView, spec: ReleaseSpec, since: Date, candidate: Replica): Reason | null => {
  const { health } = spec;
  const isReady = candidate.readyAt !== null && isRoutable(spec, candidate);
  if (health.kind === "none" || isReady) return null;
  if (after(since, health.timeoutSeconds * 1000 + START_SLACK_MS) > view.now) return null;
  const message = `It was not ready within ${health.timeoutSeconds} seconds.`;
  return candidate.reason ?? { code: "start_deadline", message };
};
