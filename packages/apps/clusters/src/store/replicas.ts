import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { NodeId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import { Reason } from "../contract/release.ts";
import type { Replica, ReportedReplica } from "../replica.ts";
import type { ReplicaReport } from "../report.ts";

type Row = Omit<Replica, "address" | "drain" | "reason"> & {
  host: string | null;
  port: number | null;
  reason: unknown;
  drainRevision: number | null;
  drainSince: Date | null;
  drainAcknowledgedAt: Date | null;
  stopGeneration: number | null;
};

const columns = (sql: Db) => sql`
  id, workload_id as "workloadId", generation, ordinal, node_id as "nodeId", role, state, state_since as "stateSince", host, port,
  ready_at as "readyAt", started_at as "startedAt", restarts, reason, exit_code as "exitCode", drain_revision as "drainRevision",
  drain_since as "drainSince", drain_acknowledged_at as "drainAcknowledgedAt", stop_generation as "stopGeneration",
  stopped_at as "stoppedAt", created_at as "createdAt"`;

const toReplica = (row: Row): Replica & { stopGeneration: number | null } => {
  const { host, port, drainRevision, drainSince, drainAcknowledgedAt, reason, ...rest } = row;
  return {
    ...rest,
    address: host === null || port === null ? null : { host, port },
    reason: reason === null ? null : Reason.parse(reason),
    drain:
      drainRevision === null || drainSince === null
        ? null
        : { revision: drainRevision, since: drainSince, acknowledgedAt: drainAcknowledgedAt },
  };
};

export const listReplicas = async (sql: Db, workloadId: WorkloadId): Promise<Replica[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)} from clusters.replicas where workload_id = ${workloadId} order by id`;
  return rows.map(toReplica);
};

/** What runs or shall run on a node. */
export const listReplicasOnNode = async (sql: Db, nodeId: NodeId): Promise<ReportedReplica[]> => {
  const rows = await sql<Row[]>`select ${columns(sql)} from clusters.replicas where node_id = ${nodeId} order by id`;
  return rows.map(toReplica);
};

export type NewCandidate = Pick<Replica, "id" | "workloadId" | "generation" | "ordinal" | "nodeId">;

export const insertCandidate = async (sql: Db, replica: NewCandidate, now: Date): Promise<void> => {
  const { id, workloadId, generation, ordinal, nodeId } = replica;
  await sql`
    insert into clusters.replicas (id, workload_id, generation, ordinal, node_id, role, state_since, created_at)
    values (${id}, ${workloadId}, ${generation}, ${ordinal}, ${nodeId}, 'candidate', ${now}, ${now})`;
};

export const setRole = async (sql: Db, ids: readonly ReplicaId[], role: "canary" | "serving"): Promise<void> => {
  if (ids.length === 0) return;
  await sql`update clusters.replicas set role = ${role} where id in ${sql(ids as ReplicaId[])}`;
};

/** Takes the traffic of replicas that have some, as of a revision of the routes. */
export const drainReplicas = async (sql: Db, ids: readonly ReplicaId[], revision: number, now: Date): Promise<void> => {
  if (ids.length === 0) return;
  await sql`
    update clusters.replicas
    set role = 'draining', drain_revision = ${revision}, drain_since = ${now}, drain_acknowledged_at = null
    where id in ${sql(ids as ReplicaId[])} and role in ('serving', 'canary')`;
};

export const acknowledgeDrain = async (sql: Db, id: ReplicaId, now: Date): Promise<void> => {
  await sql`update clusters.replicas set drain_acknowledged_at = ${now} where id = ${id} and role = 'draining'`;
};

/** `generation` is the one of the node's desired state that first asks for the stop. */
export const setStopping = async (sql: Db, id: ReplicaId, generation: number): Promise<void> => {
  await sql`
    update clusters.replicas set role = 'stopping', stop_generation = ${generation} where id = ${id} and role <> 'stopping'`;
};

export const removeReplica = async (sql: Db, id: ReplicaId): Promise<void> => {
  await sql`delete from clusters.replicas where id = ${id}`;
};

/** Stores what was reported of one replica. */
export const saveReport = async (sql: Db, report: ReplicaReport): Promise<void> => {
  await sql`
    update clusters.replicas
    set state = ${report.state}, state_since = ${report.stateSince}, host = ${report.address?.host ?? null},
      port = ${report.address?.port ?? null}, ready_at = ${report.readyAt}, started_at = ${report.startedAt},
      restarts = ${report.restarts}, reason = ${report.reason === null ? null : jsonb(sql, report.reason)},
      exit_code = ${report.exitCode},
      stopped_at = ${report.stoppedAt}
    where id = ${report.id}`;
};
