import type { NodeId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Replica } from "./replica.ts";

/** A terminal that somebody has open in a replica, or asks for. */
export type Shell = {
  id: string;
  workloadId: WorkloadId;
  replicaId: ReplicaId;
  nodeId: NodeId;
  spec: ShellSpec;
};

export type ShellSpec = { command?: string[] | undefined; columns: number; rows: number };

/** How often it is said that one is still open, and after how long of nothing it is not. */
export const SHELL_BEAT_MS = 20_000;
export const SHELL_LEASE_MS = 70_000;

/** Of one workload, and of the platform. */
export const MAX_SHELLS_PER_WORKLOAD = 5;
export const MAX_SHELLS = 20;

type Choosable = Pick<Replica, "id" | "ordinal" | "role" | "state" | "generation" | "nodeId">;

const ROLES = ["serving", "canary", "candidate"];
const RUNNING: readonly string[] = ["starting", "running", "ready", "unhealthy"];

/**
 * The replica that a terminal is opened in: of those that run, what serves comes before what tries to, and the lowest
 * number first, unless one is asked for. Null when none of them runs.
 */
export const chooseReplica = <R extends Choosable>(replicas: readonly R[], ordinal?: number): R | null => {
  const running = replicas
    .filter((each) => ROLES.includes(each.role) && RUNNING.includes(each.state))
    .filter((each) => ordinal === undefined || each.ordinal === ordinal)
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || a.ordinal - b.ordinal);
  return running[0] ?? null;
};
