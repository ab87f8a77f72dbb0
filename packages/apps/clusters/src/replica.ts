import type { NodeId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Reason, RestartPolicy } from "./contract/release.ts";
import type { Address, ReplicaState } from "./contract/replica.ts";

export type { Address, ReplicaState } from "./contract/replica.ts";

/**
 * A candidate has no traffic yet; a canary has a part of it; a draining one finishes what it had begun; a stopping one is
 * going away.
 */
export type ReplicaRole = "candidate" | "canary" | "serving" | "draining" | "stopping";

/** What is known of a replica: `pending` until an agent has said something of it. */
export type KnownState = ReplicaState | "pending";

/** How far the gateways are with taking no new requests to a replica. */
export type Drain = { revision: number; since: Date; acknowledgedAt: Date | null };

/** One running copy of a workload's release. All instants are of our clock. */
export type Replica = {
  id: ReplicaId;
  workloadId: WorkloadId;
  /** Of the release that it runs. */
  generation: number;
  /** Which of the release's replicas it is, from 0. */
  ordinal: number;
  nodeId: NodeId;
  role: ReplicaRole;
  state: KnownState;
  stateSince: Date;
  address: Address | null;
  /** Since when it is ready without a break; null when it is not. */
  readyAt: Date | null;
  startedAt: Date | null;
  restarts: number;
  reason: Reason | null;
  /** Of a process that ended; null while it has not, and when nobody saw it end. */
  exitCode: number | null;
  drain: Drain | null;
  /** When its agent said that nothing of it is left. */
  stoppedAt: Date | null;
  createdAt: Date;
};

/** A replica that a report may change, with what is needed to judge the report. */
export type ReportedReplica = Pick<
  Replica,
  | "id"
  | "workloadId"
  | "role"
  | "state"
  | "stateSince"
  | "address"
  | "readyAt"
  | "startedAt"
  | "restarts"
  | "reason"
  | "exitCode"
  | "stoppedAt"
> & { stopGeneration: number | null };

/** Whether it ended well and its release leaves it at that. */
export const isCompleted = (
  { state, exitCode }: Pick<Replica, "state" | "exitCode">,
  { restart }: { restart: RestartPolicy },
): boolean => state === "exited" && exitCode === 0 && restart !== "always";
