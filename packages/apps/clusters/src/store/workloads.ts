import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import { NODE_LEASE_MS } from "../node.ts";
import type { Workload } from "../workload.ts";
import { workloadColumns as columns, type WorkloadRow as Row, toWorkload } from "./workload-row.ts";

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

/** Makes all due that is not at rest, in case a reason to look was lost, or because a node fell silent, which tells nobody. */
export const makeUnfinishedDue = async (sql: Db, now: Date): Promise<void> => {
  const silentSince = new Date(now.getTime() - NODE_LEASE_MS);
  await sql`
    with unfinished as (
      select id
      from clusters.workloads w
      where (due_at is null or due_at > ${now})
        and (removing or off_since is not null or rollout_state in ('running', 'switching')
          or exists (
            select from clusters.replicas r
            join clusters.nodes n on n.id = r.node_id
            where r.workload_id = w.id and (r.role <> 'serving' or n.last_seen_at < ${silentSince})
          )
          or exists (
            select from clusters.releases l
            where l.workload_id = w.id and l.traffic_revision is not null and l.settled_at is null
          ))
      order by id -- the order in which reports lock them
      for update
    )
    update clusters.workloads w
    set due_at = ${now}
    from unfinished
    where w.id = unfinished.id`;
};

/** Which of these wait for gateways to apply something, and of which it matters what gateways count. */
export const listQuestions = async (
  sql: Db,
  ids: readonly WorkloadId[],
): Promise<{ id: WorkloadId; awaitsGateways: boolean; countsTraffic: boolean }[]> => sql`
  select w.id,
    w.rollout_state = 'switching' or (w.phase = 'canary' and w.step_acknowledged_at is null) or exists (
      select from clusters.replicas r
      where r.workload_id = w.id and r.role = 'draining' and r.drain_acknowledged_at is null
    ) as "awaitsGateways",
    w.rollout_state = 'running' or exists (
      select from clusters.releases l
      where l.workload_id = w.id and l.traffic_revision is not null and l.settled_at is null
    ) as "countsTraffic"
  from clusters.workloads w
  where w.id in ${sql(ids as WorkloadId[])}`;

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

export const setAbortedGeneration = async (sql: Db, id: WorkloadId, generation: number): Promise<void> => {
  await sql`
    update clusters.workloads set aborted_generation = greatest(aborted_generation, ${generation}) where id = ${id}`;
};

export const setRemoving = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`
    update clusters.workloads
    set removing = true, targets = '[]', serving_generation = null, serving_since = null, off_since = null, due_at = ${now}
    where id = ${id}`;
};

/** Keeps a workload on the node that its volumes are made on; the first one it was given stays. */
export const pinToVolumes = async (sql: Db, id: WorkloadId, nodeId: NodeId): Promise<void> => {
  await sql`update clusters.workloads set volume_node_id = ${nodeId} where id = ${id} and volume_node_id is null`;
};
