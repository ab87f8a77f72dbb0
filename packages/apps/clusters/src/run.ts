import type { NodeId, OrganisationId, ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import { PULL_DEADLINE_MS, START_SLACK_MS } from "./candidate.ts";
import type { ObservedState } from "./contract/replica.ts";
import { isOnline } from "./node.ts";
import { NODE_WAIT_MS, type Place, unreachable } from "./plan.ts";
import { cleanReason } from "./reason.ts";
import type { KnownState } from "./replica.ts";
import { onOurClock } from "./report.ts";
import type { Reason, ReleaseSpec } from "./workload.ts";

export type RunState = "pending" | "running" | "succeeded" | "failed" | "cancelled";

/** A command that is run once in the image of a release. */
export type Run = {
  id: string;
  workloadId: WorkloadId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  projectSlug: string;
  serviceSlug: string;
  spec: ReleaseSpec;
  command: string[];
  timeoutSeconds: number;
  /** Where it has to run; null for anywhere. */
  wantedNodeId: NodeId | null;
  nodeId: NodeId | null;
  state: RunState;
  /** What its agent said last. */
  observed: KnownState;
  exitCode: number | null;
  reason: Reason | null;
  createdAt: Date;
  placedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Of its node, and the first that asks for its removal. */
  stopGeneration: number | null;
  /** When its agent said that nothing of it is left. */
  goneAt: Date | null;
};

export const logStreamOf = ({ id }: Pick<Run, "id">): string => `run.${id}`;

/** How often an unfinished run is looked at: its node may have fallen silent. */
const LOOK_MS = 5_000;

export type RunView = {
  run: Run;
  /** The only node where its workload may run; null for any. */
  fixedNodeId: NodeId | null;
  nodes: readonly Place[];
  watchingSince: Date;
  now: Date;
};

export type RunAction =
  | { do: "place"; nodeId: NodeId }
  | { do: "begin" }
  | { do: "succeed" }
  | { do: "fail"; reason: Reason };

/** What comes next for a run. Pure; what was done never comes again. */
export const planRun = (view: RunView): { action: RunAction | null; checkAt: Date | null } => {
  const { run, now } = view;
  if (run.finishedAt !== null) return { action: null, checkAt: null };
  const action = run.nodeId === null ? placeRun(view) : judgeProgress(view, run.nodeId);
  return { action, checkAt: action === null ? new Date(now.getTime() + LOOK_MS) : null };
};

const placeRun = (view: RunView): RunAction | null => {
  const { run, nodes, now } = view;
  const wanted = run.wantedNodeId ?? view.fixedNodeId;
  const [best] = nodes
    .filter((node) => isOnline(node, now) && (wanted === null || node.nodeId === wanted))
    .toSorted((a, b) => a.replicaCount - b.replicaCount || (a.nodeId < b.nodeId ? -1 : 1));
  if (best !== undefined) return { do: "place", nodeId: best.nodeId };
  if (!isWaitOver(view, nodes.find(({ nodeId }) => nodeId === wanted)?.lastSeenAt)) return null;
  return { do: "fail", reason: { code: "no_node", message: "No node is connected that could run this." } };
};

const judgeProgress = (view: RunView, nodeId: NodeId): RunAction | null => {
  const { run, now } = view;
  const { observed, reason } = run;
  if (observed === "exited")
    return run.exitCode === 0 ? { do: "succeed" } : { do: "fail", reason: reason ?? ended(run) };
  if (observed === "failed" || observed === "stopped") return { do: "fail", reason: reason ?? ended(run) };
  const node = view.nodes.find((each) => each.nodeId === nodeId);
  if (node === undefined || !isOnline(node, now)) {
    return isWaitOver(view, node?.lastSeenAt)
      ? { do: "fail", reason: { code: "node_unreachable", message: unreachable } }
      : null;
  }
  const isOver = (since: Date | null, ms: number): boolean => since !== null && now.getTime() - since.getTime() >= ms;
  if (observed === "pending" || observed === "pulling" || observed === "starting") {
    if (!isOver(run.placedAt, PULL_DEADLINE_MS)) return null;
    const message = `The command had not started after ${PULL_DEADLINE_MS / 60_000} minutes.`;
    return { do: "fail", reason: reason ?? { code: "pull_deadline", message } };
  }
  if (run.state === "pending") return { do: "begin" };
  // The agent ends it in time; this is for one that does not.
  if (!isOver(run.startedAt, (run.timeoutSeconds + run.spec.graceSeconds) * 1000 + START_SLACK_MS)) return null;
  const message = `The command was stopped because it had not ended after ${run.timeoutSeconds} seconds.`;
  return { do: "fail", reason: { code: "run_timed_out", message } };
};

const isWaitOver = ({ run, watchingSince, now }: RunView, lastSeenAt: Date | undefined): boolean => {
  const since = Math.max(run.createdAt.getTime(), watchingSince.getTime(), lastSeenAt?.getTime() ?? 0);
  return now.getTime() - since >= NODE_WAIT_MS;
};

const ended = ({ exitCode }: Run): Reason =>
  exitCode === null
    ? { code: "exited", message: "The command ended, and nobody saw how." }
    : { code: "exited", message: `The command ended with exit code ${exitCode}.`, exitCode };

export type RunReport = Pick<Run, "id" | "observed" | "exitCode" | "reason" | "startedAt" | "goneAt">;
export type ReportedRun = RunReport & Pick<Run, "workloadId" | "finishedAt" | "stopGeneration">;

/** What one report tells of a run; null when it tells nothing new. How it ended stays as it was first known. */
export const judgeRunReport = (run: ReportedRun, report: ObservedState, now: Date): RunReport | null => {
  const seen = report.replicas.find(({ id }) => id === run.id);
  const { id, observed, exitCode, reason, startedAt, goneAt } = run;
  const known: RunReport = { id, observed, exitCode, reason, startedAt, goneAt };
  if (run.stopGeneration !== null && report.generation >= run.stopGeneration) {
    const isGone = seen === undefined ? report.complete : seen.state === "stopped";
    if (isGone) return { ...known, goneAt: now };
  }
  if (seen === undefined || run.finishedAt !== null) return null;
  const next: RunReport = {
    ...known,
    observed: seen.state,
    exitCode: seen.state === "exited" ? (seen.exitCode ?? seen.reason?.exitCode ?? null) : null,
    reason: seen.reason === undefined ? null : cleanReason(seen.reason),
    startedAt: seen.startedAt === undefined ? startedAt : onOurClock(seen.startedAt, report, now, startedAt),
  };
  return Bun.deepEquals(known, next) ? null : next;
};
