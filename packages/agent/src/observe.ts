import type { DesiredReplica, ObservedReplica, Reason, ReplicaState } from "@homeport/clusters/contract.ts";
import type { EngineReplica, Exit } from "./ports.ts";
import { finalFailure } from "./reconcile.ts";

/** What probing has found of the running process; null while it was not probed yet. */
export type Readiness = { kind: "waiting" } | { kind: "ready"; since: Date } | { kind: "unhealthy"; reason: Reason };

export type RunEnd = { exitCode: number | null; reason: Reason };

export type Facts = {
  wanted: DesiredReplica;
  found: EngineReplica | null;
  /** What an action is doing to it right now. */
  doing: "pulling" | "starting" | "stopping" | "removing" | "updating" | null;
  /** Something was done to it since it was looked at, so `found` may be outdated. */
  isStale: boolean;
  readiness: Readiness | null;
  /** Why a candidate failed for good. */
  failure: Reason | null;
  /** How a run ended, which stays known when nothing is left of it. */
  runEnd: RunEnd | null;
  /** Why it is not even begun. */
  refusal: Reason | null;
  /** Why the last start did not work or the process ended, while it is tried again. */
  trouble: Reason | null;
};

/** The state of one replica as the control plane reads it. */
export const observe = (facts: Facts): ObservedReplica => {
  const { found } = facts;
  const running = found?.state.kind === "running" ? found.state : null;
  const { state, reason } = judge(facts);
  return {
    id: facts.wanted.id,
    state,
    restarts: found?.restarts ?? 0,
    ...(reason === null ? {} : { reason }),
    ...(state === "exited" ? exitCodeOf(facts) : {}),
    ...(running === null ? {} : { startedAt: running.startedAt.toISOString() }),
    ...(running?.address ? { address: running.address } : {}),
    ...(facts.readiness?.kind === "ready" && running !== null
      ? { readySince: facts.readiness.since.toISOString() }
      : {}),
  };
};

const exitCodeOf = ({ found, runEnd }: Facts): { exitCode?: number | null } => {
  if (runEnd !== null) return { exitCode: runEnd.exitCode };
  return found?.state.kind === "exited" ? { exitCode: found.state.exit.code } : {};
};

type Verdict = { state: ReplicaState; reason: Reason | null };

const judge = (facts: Facts): Verdict => {
  const { wanted, found, doing, isStale, readiness, runEnd, refusal, trouble } = facts;
  if (wanted.desired === "stopped")
    return { state: found === null && doing === null && !isStale ? "stopped" : "running", reason: facts.failure };
  const failure = finalFailure(wanted, facts.failure);
  if (runEnd !== null) return judgeRun(runEnd);
  if (found?.state.kind === "exited" && isDone(wanted, found.state.exit)) return { state: "exited", reason: null };
  if (failure !== null) return { state: found?.state.kind === "exited" ? "exited" : "failed", reason: failure };
  if (refusal !== null && doing === null) return { state: "failed", reason: refusal };
  if (doing === "pulling") return { state: "pulling", reason: trouble };
  if (found === null || found.state.kind === "created" || doing === "starting")
    return { state: "starting", reason: trouble };
  if (found.state.kind === "exited") return { state: "exited", reason: trouble };
  if (readiness?.kind === "ready") return { state: "ready", reason: null };
  if (readiness?.kind === "unhealthy") return { state: "unhealthy", reason: readiness.reason };
  return { state: "running", reason: trouble };
};

/** One that was ended has failed, also when its exit code is that of a success. */
const judgeRun = ({ exitCode, reason }: RunEnd): Verdict => {
  if (reason.code === "run_timed_out") return { state: "failed", reason };
  return { state: "exited", reason: exitCode === 0 ? null : reason };
};

/** It was allowed to come to an end, and did so well: nothing needs a reason. */
const isDone = ({ restart }: DesiredReplica, { code, oomKilled }: Exit): boolean =>
  code === 0 && !oomKilled && restart === "on-failure";
