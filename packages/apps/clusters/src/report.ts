import type { ObservedReplica, ObservedState } from "./contract/replica.ts";
import { cleanReason } from "./reason.ts";
import type { Address, ReportedReplica } from "./replica.ts";

export type ReplicaReport = Pick<
  ReportedReplica,
  "id" | "state" | "stateSince" | "address" | "readyAt" | "startedAt" | "restarts" | "reason" | "exitCode" | "stoppedAt"
>;

/** What one report tells of a replica; null when it tells nothing new. Times come out on our clock. */
export const judgeReport = (replica: ReportedReplica, report: ObservedState, now: Date): ReplicaReport | null => {
  const seen = report.replicas.find(({ id }) => id === replica.id);
  const next = isGone(replica, seen, report) ? toGone(replica, now) : seen && toReport(replica, seen, report, now);
  return next === undefined || isSame(replica, next) ? null : next;
};

/** Only a report that was made under the request to stop can say that the stop is done. */
const isGone = (replica: ReportedReplica, seen: ObservedReplica | undefined, report: ObservedState): boolean => {
  if (replica.stopGeneration === null || report.generation < replica.stopGeneration) return false;
  return seen === undefined ? report.complete : seen.state === "stopped";
};

const toGone = (replica: ReportedReplica, now: Date): ReplicaReport => ({
  ...pickReport(replica),
  state: "stopped",
  stateSince: replica.state === "stopped" ? replica.stateSince : now,
  address: null,
  readyAt: null,
  stoppedAt: replica.stoppedAt ?? now,
});

const toReport = (
  replica: ReportedReplica,
  seen: ObservedReplica,
  report: ObservedState,
  now: Date,
): ReplicaReport => ({
  id: replica.id,
  state: seen.state,
  stateSince: seen.state === replica.state ? replica.stateSince : now,
  address: addressOf(replica, seen),
  readyAt: seen.state === "ready" ? onOurClock(seen.readySince, report, now, replica.readyAt) : null,
  startedAt: seen.startedAt === undefined ? null : onOurClock(seen.startedAt, report, now, replica.startedAt),
  restarts: seen.restarts,
  reason: seen.reason === undefined ? null : cleanReason(seen.reason),
  exitCode: seen.state === "exited" ? (seen.exitCode ?? seen.reason?.exitCode ?? null) : null,
  stoppedAt: null,
});

/** An address stands until another is reported or the process is gone: an agent that starts again may not know it yet. */
const addressOf = (replica: ReportedReplica, seen: ObservedReplica): Address | null => {
  if (seen.state === "pulling" || seen.state === "exited" || seen.state === "failed" || seen.state === "stopped")
    return null;
  if (seen.state === "starting") return replica.address;
  return seen.address ?? replica.address;
};

/** Below this two reports of one instant count as equal: what differs is how long the reports travelled. */
const JITTER_MS = 1_000;

/** An instant of a report on our clock; the one that is `known` when they differ by no more than travelling times. */
export const onOurClock = (iso: string | undefined, report: ObservedState, now: Date, known: Date | null): Date => {
  if (iso === undefined || report.observedAt === undefined) return known ?? now;
  const ageMs = Math.max(0, Date.parse(report.observedAt) - Date.parse(iso));
  const at = new Date(now.getTime() - ageMs);
  return known !== null && Math.abs(at.getTime() - known.getTime()) < JITTER_MS ? known : at;
};

const pickReport = (replica: ReportedReplica): ReplicaReport => ({
  id: replica.id,
  state: replica.state,
  stateSince: replica.stateSince,
  address: replica.address,
  readyAt: replica.readyAt,
  startedAt: replica.startedAt,
  restarts: replica.restarts,
  reason: replica.reason,
  exitCode: replica.exitCode,
  stoppedAt: replica.stoppedAt,
});

const isSame = (replica: ReportedReplica, next: ReplicaReport): boolean => Bun.deepEquals(pickReport(replica), next);
