import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { SnapshotId } from "../volume-snapshot.ts";

/** A snapshot whose archive has to go. `nodeId` is null when no node can have anything of it. */
export type SnapshotRemoval = {
  id: SnapshotId;
  nodeId: NodeId | null;
  taskId: string;
  leaseToken: string;
  attempt: number;
};

const LEASE_SECONDS = 30;

/** Snapshots of volumes whose data is gone, also those of workloads and organisations that went with it. */
export const dropOrphans = async (sql: Db): Promise<void> => {
  await sql`
    update deployments.volume_snapshots s set state = 'removing', step_at = now()
    where s.state <> 'removing' and not exists (select 1 from deployments.volume_data d where d.id = s.data_id)`;
};

/** Claims removals that are due. Many processes may call it at once. */
export const claimSnapshotRemovals = (sql: Db, limit: number): Promise<SnapshotRemoval[]> => sql<SnapshotRemoval[]>`
  with due as (
    select id as due_id
    from deployments.volume_snapshots
    where state = 'removing' and step_at <= now() and (lease_until is null or lease_until < now())
    order by step_at, id
    limit ${limit}
    for update skip locked
  )
  update deployments.volume_snapshots
  set lease_token = gen_random_uuid(), lease_until = now() + ${LEASE_SECONDS} * interval '1 second',
    attempt = attempt + 1, remove_task_id = coalesce(remove_task_id, gen_random_uuid())
  from due
  where id = due_id
  returning id, node_id as "nodeId", remove_task_id as "taskId", lease_token as "leaseToken", attempt`;

export const finishSnapshotRemoval = async (sql: Db, { id, leaseToken }: SnapshotRemoval): Promise<void> => {
  await sql`delete from deployments.volume_snapshots where id = ${id} and lease_token = ${leaseToken}`;
};

/** To be looked at again after `waitMs`; by another task when the one so far came to nothing. */
export const postponeSnapshotRemoval = async (
  sql: Db,
  { id, leaseToken, attempt }: SnapshotRemoval,
  waitMs: number,
  outcome: "underway" | "failed" | "error",
): Promise<void> => {
  await sql`
    update deployments.volume_snapshots
    set lease_token = null, lease_until = null, step_at = now() + ${waitMs} * interval '1 millisecond',
      attempt = ${outcome === "underway" ? attempt - 1 : attempt}, -- only tries that came to nothing are counted
      remove_task_id = case when ${outcome === "failed"} then null else remove_task_id end
    where id = ${id} and lease_token = ${leaseToken}`;
};
