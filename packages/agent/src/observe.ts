import type { DesiredReplica, ObservedReplica, Reason, ReplicaState } from "@homeport/clusters/contract.ts";
import type { EngineReplica } from "./ports.ts";

/** What probing has found of the running process; null while it was not probed yet. */
export type Readiness = { kind: "waiting" } | { kind: "ready"; since: Date } | { kind: "unhealthy"; reason: Reason };

export type Facts = {
  wanted: DesiredReplica;
  found: EngineReplica | null;
  /** What an action is doing to it right now. */
  doing: "pulling" | "starting" | "removing" | "updating" | null;
  /** Something was done to it since it was looked at, so `found` may be outdated. */
  isStale: boolean;
  readiness: Readiness | null;
  /** Why a candidate failed for good. */
  failure: Reason | null;
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
    ...(running === null ? {} : { startedAt: running.startedAt.toISOString() }),
    ...(running?.address ? { address: running.address } : {}),
    ...(facts.readiness?.kind === "ready" && running !== null
      ? { readySince: facts.readiness.since.toISOString() }
      : {}),
  };
};

type Verdict = { state: ReplicaState; reason: Reason | null };

const judge = ({ wanted, found, doing, isStale, readiness, failure, trouble }: Facts): Verdict => {
  if (wanted.desired === "stopped")
    return { state: found === null && doing === null && !isStale ? "stopped" : "running", reason: failure };
  if (failure !== null) return { state: found?.state.kind === "exited" ? "exited" : "failed", reason: failure };
  if (doing === "pulling") return { state: "pulling", reason: trouble };
  if (found === null || found.state.kind === "created" || doing === "starting")
    return { state: "starting", reason: trouble };
  if (found.state.kind === "exited") return { state: "exited", reason: trouble };
  if (readiness?.kind === "ready") return { state: "ready", reason: null };
  if (readiness?.kind === "unhealthy") return { state: "unhealthy", reason: readiness.reason };
  return { state: "running", reason: trouble };
};
