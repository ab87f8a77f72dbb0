import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { VolumeDataId } from "../volume.ts";
import { isExclusive, MAX_KEPT_OPERATIONS, type VolumeOperation, type VolumeOperationId } from "../volume-operation.ts";
import type { Change } from "../volume-operation-machine.ts";
import type { SnapshotId } from "../volume-snapshot.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", workload_id as "workloadId", data_id as "dataId", kind, state, step,
  has_stop as "hasStop", node_id as "nodeId", snapshot_id as "snapshotId", saved_id as "savedId", size_mib as "sizeMiB",
  stop_generation as "stopGeneration", start_generation as "startGeneration", start_tries as "startTries",
  save_task_id as "saveTaskId", work_task_id as "workTaskId", undo_task_id as "undoTaskId", reason,
  created_by as "createdBy", created_at as "createdAt", deadline_at as "deadlineAt", started_at as "startedAt",
  finished_at as "finishedAt"`;

export type NewVolumeOperation = Pick<
  VolumeOperation,
  "id" | "organisationId" | "workloadId" | "dataId" | "kind" | "snapshotId" | "savedId" | "sizeMiB" | "createdBy"
>;

/** @throws {DomainError} conflict, while another one of the volume is not over, or one that stops the same service */
export const insertVolumeOperation = async (
  tx: Db,
  operation: NewVolumeOperation,
  deadlineSeconds: number,
): Promise<void> => {
  const { id, organisationId, workloadId, dataId, kind, snapshotId, savedId, sizeMiB, createdBy } = operation;
  await tx`
    insert into deployments.volume_operations
      (id, organisation_id, workload_id, data_id, kind, is_exclusive, snapshot_id, saved_id, size_mib, save_task_id,
        work_task_id, undo_task_id, created_by, deadline_at)
    values (${id}, ${organisationId}, ${workloadId}, ${dataId}, ${kind}, ${isExclusive(kind)}, ${snapshotId}, ${savedId},
      ${sizeMiB}, ${Bun.randomUUIDv7()}, ${Bun.randomUUIDv7()}, ${Bun.randomUUIDv7()}, ${jsonb(tx, createdBy)},
      now() + ${deadlineSeconds} * interval '1 second')`.catch(
    dbError({
      volume_operations_volume_key: "Something else is being done with this volume. Wait until that is over.",
      volume_operations_exclusive_key:
        "The service is stopped for something that is done with another of its volumes. Wait until that is over.",
    }),
  );
};

export const findVolumeOperation = async (
  sql: Db,
  dataId: VolumeDataId,
  id: VolumeOperationId,
): Promise<VolumeOperation | null> => {
  const [row] = await sql<VolumeOperation[]>`
    select ${columns(sql)} from deployments.volume_operations where data_id = ${dataId} and id = ${id}`;
  return row ?? null;
};

/** Newest first, those before `before`. */
export const listVolumeOperations = (
  sql: Db,
  dataId: VolumeDataId,
  before: VolumeOperationId | null,
  limit: number,
): Promise<VolumeOperation[]> => sql<VolumeOperation[]>`
  select ${columns(sql)}
  from deployments.volume_operations
  where data_id = ${dataId} ${before === null ? sql`` : sql`and id < ${before}`}
  order by id desc
  limit ${limit}`;

/** Whether it is being taken, restored, or filled before a restore. */
export const isSnapshotInUse = async (sql: Db, id: SnapshotId): Promise<boolean> => {
  const rows = await sql`
    select id from deployments.volume_operations
    where finished_at is null and (snapshot_id = ${id} or saved_id = ${id})
    limit 1`;
  return rows.length > 0;
};

/** Lets the stepper look at what is done with the volumes of a workload now. */
export const pokeVolumeOperations = async (sql: Db, workloadId: WorkloadId): Promise<void> => {
  await sql`
    update deployments.volume_operations set step_at = now()
    where workload_id = ${workloadId} and finished_at is null`;
};

export type ClaimedOperation = VolumeOperation & { leaseToken: string; attempt: number };

/** A step makes a short call and renews its lease meanwhile; when its process dies, another takes over after this long. */
export const OPERATION_LEASE_SECONDS = 6;

/** Claims operations that are due to be looked at. Many processes may call it at once. */
export const claimVolumeOperations = (sql: Db, limit: number): Promise<ClaimedOperation[]> => sql<ClaimedOperation[]>`
  with due as (
    select id as due_id
    from deployments.volume_operations
    where finished_at is null
      and case when lease_until is null then step_at <= now() else lease_until < now() end
    order by step_at, id
    limit ${limit}
    for update skip locked
  )
  update deployments.volume_operations
  set lease_token = gen_random_uuid(), lease_until = now() + ${OPERATION_LEASE_SECONDS} * interval '1 second',
    attempt = attempt + 1, step_at = 'infinity' -- so that a poke that comes meanwhile can be seen
  from due
  where id = due_id
  returning ${columns(sql)}, lease_token as "leaseToken", attempt`;

/** False when somebody else has the operation by now. */
export const renewVolumeOperation = async (sql: Db, { id, leaseToken }: ClaimedOperation): Promise<boolean> => {
  const { count } = await sql`
    update deployments.volume_operations set lease_until = now() + ${OPERATION_LEASE_SECONDS} * interval '1 second'
    where id = ${id} and lease_token = ${leaseToken}`;
  return count === 1;
};

/** Gives an operation back, to be looked at again after `waitMs`, or at once when it was poked meanwhile. */
export const releaseVolumeOperation = async (
  sql: Db,
  { id, leaseToken, attempt }: ClaimedOperation,
  waitMs: number,
  failed: boolean,
): Promise<void> => {
  await sql`
    update deployments.volume_operations
    set lease_token = null, lease_until = null, attempt = ${failed ? attempt : 0},
      step_at = case when step_at = 'infinity' then now() + ${waitMs} * interval '1 millisecond' else step_at end
    where id = ${id} and lease_token = ${leaseToken}`;
};

export type StoredChange = Change & { stopGeneration?: number; startGeneration?: number; savedId?: null };

/** Changes a leased operation; one that comes to an end lets go of its lease. False: the lease was lost. */
export const changeVolumeOperation = async (
  tx: Db,
  { id, leaseToken }: Pick<ClaimedOperation, "id" | "leaseToken">,
  change: StoredChange,
): Promise<boolean> => {
  const { state = null, step, nodeId = null, hasStop = null, startTries = null, reason, savedId } = change;
  const { stopGeneration = null, startGeneration = null } = change;
  const isOver = state === "succeeded" || state === "failed";
  const changed = await tx`
    update deployments.volume_operations set
      state = coalesce(${state}, state),
      step = case when ${step !== undefined} then ${step ?? null} else step end,
      node_id = coalesce(${nodeId}, node_id),
      has_stop = coalesce(${hasStop}, has_stop),
      saved_id = case when ${savedId === null} then null else saved_id end,
      stop_generation = coalesce(${stopGeneration}, stop_generation),
      start_generation = coalesce(${startGeneration}, start_generation),
      start_tries = coalesce(${startTries}, start_tries),
      reason = coalesce(${reason === undefined ? null : jsonb(tx, reason)}::jsonb, reason),
      started_at = coalesce(started_at, now()),
      finished_at = case when ${isOver} then now() end,
      lease_token = case when ${isOver} then null else lease_token end,
      lease_until = case when ${isOver} then null else lease_until end
    where id = ${id} and lease_token = ${leaseToken} and finished_at is null
    returning id`;
  return changed.length === 1;
};

/** Forgets what was done with data that is gone. */
export const forgetOperationsOfRemoved = async (sql: Db): Promise<void> => {
  await sql`
    delete from deployments.volume_operations o
    where o.finished_at is not null and not exists (select 1 from deployments.volume_data d where d.id = o.data_id)`;
};

/** Removes the oldest operations of a volume that are over, beyond the number that is kept. */
export const forgetOldOperations = async (tx: Db, dataId: VolumeDataId): Promise<void> => {
  await tx`
    delete from deployments.volume_operations
    where data_id = ${dataId} and finished_at is not null and id < (
      select id
      from deployments.volume_operations
      where data_id = ${dataId}
      order by id desc
      offset ${MAX_KEPT_OPERATIONS - 1}
      limit 1)`;
};
