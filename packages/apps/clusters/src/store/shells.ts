import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { ShellCommand, TerminalSide } from "../contract/shell.ts";
import type { Shell } from "../shell.ts";

const Spec = z.object({ command: ShellCommand.optional(), columns: TerminalSide, rows: TerminalSide });

/** Keeps others from opening one until the transaction ends, so that two are counted one after the other. */
export const lockShells = async (tx: Db): Promise<void> => {
  await tx`lock table clusters.shells in share row exclusive mode`;
};

/** How many are open: of one workload, and of all. */
export const countShells = async (
  sql: Db,
  workloadId: WorkloadId,
  aliveAfter: Date,
): Promise<{ ofWorkload: number; all: number }> => {
  const [row] = await sql<[{ ofWorkload: number; all: number }]>`
    select count(*) filter (where workload_id = ${workloadId}) as "ofWorkload", count(*) as "all"
    from clusters.shells
    where alive_at > ${aliveAfter}`;
  return row;
};

export const insertShell = async (sql: Db, shell: Shell, now: Date): Promise<void> => {
  const { id, workloadId, replicaId, nodeId, spec } = shell;
  await sql`
    insert into clusters.shells (id, workload_id, replica_id, node_id, spec, created_at, alive_at)
    values (${id}, ${workloadId}, ${replicaId}, ${nodeId}, ${jsonb(sql, spec)}, ${now}, ${now})`;
};

/** Those that a node's agent has not come for yet, oldest first. */
export const listAwaitedShells = async (sql: Db, nodeId: NodeId, limit: number): Promise<Shell[]> => {
  const rows = await sql<(Omit<Shell, "spec"> & { spec: unknown })[]>`
    select id, workload_id as "workloadId", replica_id as "replicaId", node_id as "nodeId", spec
    from clusters.shells
    where node_id = ${nodeId} and joined_at is null
    order by created_at, id
    limit ${limit}`;
  return rows.map(({ spec, ...row }) => ({ ...row, spec: Spec.parse(spec) }));
};

/** Notes that the agent of `nodeId` came for it. False when it is another node's, is gone, or somebody came before. */
export const joinShell = async (sql: Db, id: string, nodeId: NodeId, now: Date): Promise<boolean> => {
  const rows = await sql`
    update clusters.shells
    set joined_at = ${now}, alive_at = ${now}
    where id = ${id} and node_id = ${nodeId} and joined_at is null
    returning id`;
  return rows.length > 0;
};

export const keepShell = async (sql: Db, id: string, now: Date): Promise<void> => {
  await sql`update clusters.shells set alive_at = ${now} where id = ${id}`;
};

export const removeShell = async (sql: Db, id: string): Promise<boolean> => {
  const rows = await sql`delete from clusters.shells where id = ${id} returning id`;
  return rows.length > 0;
};

export const removeDeadShells = async (sql: Db, aliveBefore: Date): Promise<void> => {
  await sql`delete from clusters.shells where alive_at <= ${aliveBefore}`;
};
