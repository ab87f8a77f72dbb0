import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { Reason } from "../contract/release.ts";
import type { Rollout, Workload } from "../workload.ts";
import { Targets } from "./routes.ts";

type Row = Omit<Workload, "rollout" | "serving" | "targets"> & {
  rolloutState: Rollout["state"];
  rolloutReason: unknown;
  rolloutStartedAt: Date;
  rolloutFinishedAt: Date | null;
  switchRevision: number | null;
  switchedAt: Date | null;
  servingGeneration: number | null;
  servingSince: Date | null;
  targets: unknown;
};

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", project_id as "projectId", project_slug as "projectSlug",
  service_slug as "serviceSlug", pinned_node_id as "pinnedNodeId", generation,
  aborted_generation as "abortedGeneration", removing, rollout_state as "rolloutState",
  rollout_reason as "rolloutReason", rollout_started_at as "rolloutStartedAt",
  rollout_finished_at as "rolloutFinishedAt", switch_revision as "switchRevision", switched_at as "switchedAt",
  serving_generation as "servingGeneration", serving_since as "servingSince", hosts, targets`;

const toWorkload = (row: Row): Workload => ({
  id: row.id,
  organisationId: row.organisationId,
  projectId: row.projectId,
  projectSlug: row.projectSlug,
  serviceSlug: row.serviceSlug,
  pinnedNodeId: row.pinnedNodeId,
  generation: row.generation,
  abortedGeneration: row.abortedGeneration,
  removing: row.removing,
  rollout: toRollout(row),
  serving:
    row.servingGeneration === null || row.servingSince === null
      ? null
      : { generation: row.servingGeneration, since: row.servingSince },
  hosts: row.hosts,
  targets: Targets.parse(row.targets),
});

const toRollout = (row: Row): Rollout => {
  const startedAt = row.rolloutStartedAt;
  if (row.rolloutState === "running") return { state: "running", startedAt };
  if (row.rolloutState === "switching") {
    invariant(row.switchRevision !== null && row.switchedAt !== null, "a check of the table says so");
    return { state: "switching", startedAt, revision: row.switchRevision, switchedAt: row.switchedAt };
  }
  invariant(row.rolloutFinishedAt !== null, "a check of the table says so");
  const finishedAt = row.rolloutFinishedAt;
  if (row.rolloutState !== "failed") return { state: row.rolloutState, startedAt, finishedAt };
  return { state: "failed", startedAt, finishedAt, reason: Reason.parse(row.rolloutReason) };
};

export const findWorkload = async (sql: Db, id: string): Promise<Workload | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from clusters.workloads where id = ${id}`;
  return row === undefined ? null : toWorkload(row);
};

/** The same, locked: all changes of a workload and its replicas take turns under this lock. */
export const lockWorkload = async (sql: Db, id: string): Promise<Workload | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from clusters.workloads where id = ${id} for update`;
  return row === undefined ? null : toWorkload(row);
};

/**
 * Makes a put and a removal of one id take turns until the transaction ends, also while there is no row to lock. Taken
 * before any other lock. Advisory locks are the whole database's, so the key names what it is.
 */
export const lockWorkloadId = async (tx: Db, id: string): Promise<void> => {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`clusters.workload:${id}`}, 0))`;
};

/** Locks several, always in the same order, so that two reports cannot wait for each other. */
export const lockWorkloads = async (sql: Db, ids: readonly WorkloadId[]): Promise<void> => {
  await sql`select id from clusters.workloads where id in ${sql(ids as WorkloadId[])} order by id for update`;
};

/** Ids of workloads that are due, longest-waiting first. */
export const listDue = async (sql: Db, now: Date, limit: number): Promise<WorkloadId[]> => {
  const rows = await sql<{ id: WorkloadId }[]>`
    select id from clusters.workloads where due_at <= ${now} order by due_at, id limit ${limit}`;
  return rows.map(({ id }) => id);
};

/** When the next workload is due; null when none is. */
export const findNextDue = async (sql: Db): Promise<Date | null> => {
  const [row] = await sql<[{ dueAt: Date | null }]>`select min(due_at) as "dueAt" from clusters.workloads`;
  return row.dueAt;
};

/** Makes all due that is not at rest, in case a reason to look was lost. */
export const makeUnfinishedDue = async (sql: Db, now: Date): Promise<void> => {
  await sql`
    with unfinished as (
      select id
      from clusters.workloads w
      where (due_at is null or due_at > ${now})
        and (removing or rollout_state in ('running', 'switching')
          or exists (select from clusters.replicas r where r.workload_id = w.id and r.role <> 'serving'))
      order by id -- the order in which reports lock them
      for update
    )
    update clusters.workloads w
    set due_at = ${now}
    from unfinished
    where w.id = unfinished.id`;
};

/** Whether one of these waits for gateways to apply a switch. */
export const awaitsGateways = async (sql: Db, ids: readonly WorkloadId[]): Promise<boolean> => {
  const [row] = await sql<[{ awaits: boolean }]>`
    select exists (
      select from clusters.workloads where id in ${sql(ids as WorkloadId[])} and rollout_state = 'switching'
    ) or exists (
      select from clusters.replicas
      where workload_id in ${sql(ids as WorkloadId[])} and role = 'draining' and drain_acknowledged_at is null
    ) as awaits`;
  return row.awaits;
};

export const setDue = async (sql: Db, ids: readonly WorkloadId[], dueAt: Date | null): Promise<void> => {
  await sql`update clusters.workloads set due_at = ${dueAt}
    where id in ${sql(ids as WorkloadId[])} and due_at is distinct from ${dueAt}`;
};

export type NewWorkload = Pick<
  Workload,
  "id" | "organisationId" | "projectId" | "projectSlug" | "serviceSlug" | "pinnedNodeId" | "generation" | "hosts"
>;

/** False when it exists already. */
export const insertWorkload = async (sql: Db, workload: NewWorkload, now: Date): Promise<boolean> => {
  const inserted = await sql`
    insert into clusters.workloads (id, organisation_id, project_id, project_slug, service_slug, pinned_node_id,
      generation, rollout_state, rollout_started_at, hosts, due_at)
    values (${workload.id}, ${workload.organisationId}, ${workload.projectId}, ${workload.projectSlug},
      ${workload.serviceSlug}, ${workload.pinnedNodeId}, ${workload.generation}, 'running', ${now},
      ${sql.array(workload.hosts)}, ${now})
    on conflict (id) do nothing
    returning id`;
  return inserted.length > 0;
};

/** Begins the rollout of a newer generation. */
export const beginRollout = async (sql: Db, workload: NewWorkload, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set project_slug = ${workload.projectSlug}, service_slug = ${workload.serviceSlug},
      pinned_node_id = ${workload.pinnedNodeId}, generation = ${workload.generation}, rollout_state = 'running',
      rollout_reason = null, rollout_started_at = ${now}, rollout_finished_at = null, due_at = ${now}
    where id = ${workload.id}`;
};

export const setSwitching = async (sql: Db, id: WorkloadId, revision: number, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set rollout_state = 'switching', switch_revision = ${revision}, switched_at = ${now},
      serving_generation = generation, serving_since = ${now}
    where id = ${id}`;
};

export const finishRollout = async (
  sql: Db,
  id: WorkloadId,
  end: { state: "succeeded" | "aborted" } | { state: "failed"; reason: Reason },
  now: Date,
): Promise<void> => {
  await sql`
    update clusters.workloads
    set rollout_state = ${end.state}, rollout_reason = ${end.state === "failed" ? jsonb(sql, end.reason) : null},
      rollout_finished_at = ${now}
    where id = ${id}`;
};

export const setAbortedGeneration = async (sql: Db, id: WorkloadId, generation: number): Promise<void> => {
  await sql`
    update clusters.workloads set aborted_generation = greatest(aborted_generation, ${generation}) where id = ${id}`;
};

export const setRemoving = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set removing = true, targets = '[]', serving_generation = null, serving_since = null, due_at = ${now}
    where id = ${id}`;
};
