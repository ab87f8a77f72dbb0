import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { Reason } from "../contract/release.ts";
import type { ReportedRun, Run, RunReport, RunState } from "../run.ts";
import { parseSpec } from "./releases.ts";

type Row = Omit<Run, "spec" | "command" | "reason"> & { spec: unknown; command: unknown; reason: unknown };

const Command = z.array(z.string());

const columns = (sql: Db) => sql`
  id, workload_id as "workloadId", organisation_id as "organisationId", project_id as "projectId",
  project_slug as "projectSlug", service_slug as "serviceSlug", spec, command, timeout_seconds as "timeoutSeconds",
  wanted_node_id as "wantedNodeId", node_id as "nodeId", state, observed, exit_code as "exitCode", reason,
  created_at as "createdAt", placed_at as "placedAt", started_at as "startedAt", finished_at as "finishedAt",
  stop_generation as "stopGeneration", gone_at as "goneAt"`;

const toRun = ({ spec, command, reason, ...row }: Row): Run => ({
  ...row,
  spec: parseSpec(spec),
  command: Command.parse(command),
  reason: reason === null ? null : Reason.parse(reason),
});

export type NewRun = Omit<
  Run,
  | "nodeId"
  | "state"
  | "observed"
  | "exitCode"
  | "reason"
  | "placedAt"
  | "startedAt"
  | "finishedAt"
  | "stopGeneration"
  | "goneAt"
>;

/** False when there is one with its id already. */
export const insertRun = async (
  sql: Db,
  run: NewRun,
  sealed: { sealedEnv: Uint8Array; sealedFiles: Uint8Array | null },
): Promise<boolean> => {
  const inserted = await sql`
    insert into clusters.runs (id, workload_id, organisation_id, project_id, project_slug, service_slug, spec, sealed_env,
      sealed_files, command, timeout_seconds, wanted_node_id, created_at, due_at)
    values (${run.id}, ${run.workloadId}, ${run.organisationId}, ${run.projectId}, ${run.projectSlug},
      ${run.serviceSlug}, ${jsonb(sql, run.spec)}, ${sealed.sealedEnv}, ${sealed.sealedFiles},
      ${jsonb(sql, run.command)}, ${run.timeoutSeconds}, ${run.wantedNodeId}, ${run.createdAt}, ${run.createdAt})
    on conflict (id) do nothing
    returning id`;
  return inserted.length > 0;
};

export const findRun = async (sql: Db, id: string): Promise<Run | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from clusters.runs where id = ${id}`;
  return row === undefined ? null : toRun(row);
};

/** The same, locked: all changes of a run take turns under this lock. */
export const lockRun = async (sql: Db, id: string): Promise<Run | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from clusters.runs where id = ${id} for update`;
  return row === undefined ? null : toRun(row);
};

/** The unfinished runs of a workload, locked in the order in which reports lock them. */
export const lockRunsOf = async (sql: Db, workloadId: string): Promise<Run[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)} from clusters.runs
    where workload_id = ${workloadId} and finished_at is null
    order by id
    for update`;
  return rows.map(toRun);
};

export const lockRuns = async (sql: Db, ids: readonly string[]): Promise<void> => {
  await sql`select id from clusters.runs where id in ${sql(ids as string[])} order by id for update`;
};

export const countUnfinishedRuns = async (sql: Db, workloadId: WorkloadId): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*) as count from clusters.runs where workload_id = ${workloadId} and finished_at is null`;
  return row.count;
};

/** What of a node's runs a report may change. */
export const listRunsOnNode = async (sql: Db, nodeId: NodeId): Promise<ReportedRun[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)} from clusters.runs where node_id = ${nodeId} and gone_at is null order by id`;
  return rows.map(toRun);
};

export const saveRunReport = async (sql: Db, report: RunReport): Promise<void> => {
  await sql`
    update clusters.runs
    set observed = ${report.observed}, exit_code = ${report.exitCode},
      reason = ${report.reason === null ? null : jsonb(sql, report.reason)}, started_at = ${report.startedAt},
      gone_at = ${report.goneAt}
    where id = ${report.id}`;
};

export const placeRun = async (sql: Db, id: string, nodeId: NodeId, now: Date): Promise<void> => {
  await sql`update clusters.runs set node_id = ${nodeId}, placed_at = ${now} where id = ${id}`;
};

export const beginRun = async (sql: Db, id: string, now: Date): Promise<void> => {
  await sql`
    update clusters.runs set state = 'running', started_at = coalesce(started_at, ${now}) where id = ${id}`;
};

/** Ends a run, and forgets the variables and files it had. `stopGeneration` asks its node to remove it. */
export const finishRun = async (
  sql: Db,
  id: string,
  end: { state: Exclude<RunState, "pending" | "running">; reason: Reason | null; stopGeneration: number | null },
  now: Date,
): Promise<void> => {
  await sql`
    update clusters.runs
    set state = ${end.state}, reason = ${end.reason === null ? null : jsonb(sql, end.reason)}, finished_at = ${now},
      stop_generation = ${end.stopGeneration}, sealed_env = null, sealed_files = null, due_at = null
    where id = ${id} and finished_at is null`;
};

/** Ids of runs that are due, longest-waiting first. */
export const listDueRuns = async (sql: Db, now: Date, limit: number): Promise<string[]> => {
  const rows = await sql<{ id: string }[]>`
    select id from clusters.runs where due_at <= ${now} order by due_at, id limit ${limit}`;
  return rows.map(({ id }) => id);
};

export const findNextDueRun = async (sql: Db): Promise<Date | null> => {
  const [row] = await sql<[{ dueAt: Date | null }]>`select min(due_at) as "dueAt" from clusters.runs`;
  return row.dueAt;
};

export const setRunsDue = async (sql: Db, ids: readonly string[], dueAt: Date | null): Promise<void> => {
  await sql`
    update clusters.runs set due_at = ${dueAt}
    where id in ${sql(ids as string[])} and finished_at is null and due_at is distinct from ${dueAt}`;
};

/** Makes all due that has not ended, in case a reason to look was lost. */
export const makeUnfinishedRunsDue = async (sql: Db, now: Date): Promise<void> => {
  await sql`
    with unfinished as (
      select id from clusters.runs
      where finished_at is null and (due_at is null or due_at > ${now})
      order by id
      for update
    )
    update clusters.runs r set due_at = ${now} from unfinished where r.id = unfinished.id`;
};

export const forgetRunsBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from clusters.runs where finished_at < ${before}`;
};
