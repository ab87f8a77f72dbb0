import type { Reason } from "@homeport/ci/contract.ts";
import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import type { KeptVolume, VolumeDataId, VolumeId } from "../volume.ts";

const columns = (sql: Db) => sql`
  d.id, d.organisation_id as "organisationId", d.project_id as "projectId", d.workload_id as "workloadId",
  d.node_id as "nodeId", d.was, coalesce(e.is_protected, (d.was ->> 'isProtected')::boolean) as "isProtected",
  d.removed_at as "removedAt", d.delete_at as "deleteAt", d.reason`;

const joined = (sql: Db) => sql`
  deployments.volume_data d
  left join deployments.environments e on e.id = (d.was ->> 'environmentId')::uuid`;

export const findKeptVolume = async (
  sql: Db,
  project: { id: ProjectId; organisationId: OrganisationId },
  id: VolumeDataId,
): Promise<KeptVolume | null> => {
  const [kept] = await sql<KeptVolume[]>`
    select ${columns(sql)}
    from ${joined(sql)}
    where d.organisation_id = ${project.organisationId} and d.project_id = ${project.id} and d.id = ${id}
      and d.removed_at is not null`;
  return kept ?? null;
};

/** Where a page begins: behind this one. */
export type KeptCursor = { removedAt: Date; id: VolumeDataId };

/** Of a project, last removed first. */
export const listKeptVolumes = (
  sql: Db,
  project: { id: ProjectId; organisationId: OrganisationId },
  after: KeptCursor | null,
  limit: number,
): Promise<KeptVolume[]> => sql<KeptVolume[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where d.organisation_id = ${project.organisationId} and d.project_id = ${project.id} and d.removed_at is not null
    ${after === null ? sql`` : sql`and (d.removed_at, d.id) < (${after.removedAt}, ${after.id})`}
  order by d.removed_at desc, d.id desc
  limit ${limit}`;

/** Makes kept data the data of a volume for a workload; null when it is being deleted, or was brought back already. */
export const bringBackData = async (
  tx: Db,
  id: VolumeDataId,
  to: { volumeId: VolumeId; workloadId: WorkloadId },
): Promise<{ epoch: number } | null> => {
  const [row] = await tx<{ epoch: string }[]>`
    update deployments.volume_data
    set volume_id = ${to.volumeId}, workload_id = ${to.workloadId}, removed_at = null, delete_at = null, was = null,
      reason = null
    where id = ${id} and delete_at > now()
    returning epoch`;
  return row === undefined ? null : { epoch: Number(row.epoch) };
};

/** Nodes refuse work on a volume by a generation below one they have seen it with, whichever workload had it then. */
export const raiseGeneration = async (tx: Db, workloadId: WorkloadId, atLeast: number): Promise<void> => {
  await tx`
    update deployments.workloads set generation = greatest(generation, ${atLeast}) where id = ${workloadId}`;
};

/** Forgets data that no node was ever told of. False when one was. */
export const forgetUnplaced = async (tx: Db, id: VolumeDataId): Promise<boolean> => {
  const { count } = await tx`delete from deployments.volume_data where id = ${id} and node_id is null`;
  return count === 1;
};

/** Has kept data deleted as soon as may be; false when that is so already. */
export const deleteNow = async (tx: Db, id: VolumeDataId): Promise<boolean> => {
  const { count } = await tx`
    update deployments.volume_data set delete_at = now(), step_at = now()
    where id = ${id} and delete_at > now()`;
  return count === 1;
};

export type ClaimedData = Pick<KeptVolume, "id" | "organisationId" | "projectId" | "nodeId" | "was"> & {
  taskId: string | null;
  attempt: number;
  leaseToken: string;
};

/** A removal is one call; when its process dies, another takes over after this long. */
const LEASE_SECONDS = 30;

/**
 * Claims data whose time is over, but none that a live release has mounted, or one that is being deployed: it would be
 * made anew, empty, as soon as a replica starts. Many processes may call it at once.
 */
export const claimExpired = (sql: Db, limit: number): Promise<ClaimedData[]> => sql<ClaimedData[]>`
  with due as (
    select d.id
    from deployments.volume_data d
    where d.delete_at <= now() and d.step_at <= now() and (d.lease_until is null or d.lease_until < now())
      and not exists (
        select from deployments.releases r
        join deployments.workloads w on w.id = r.workload_id
        where r.workload_id = d.workload_id
          and r.volumes @> jsonb_build_array(jsonb_build_object('volumeId', d.id::text))
          and (r.id = w.current_release_id or exists (
            select from deployments.deployments p where p.release_id = r.id and p.finished_at is null
          ))
      )
    order by d.step_at, d.id
    limit ${limit}
    for update of d skip locked
  )
  update deployments.volume_data d
  set lease_token = gen_random_uuid(), lease_until = now() + ${LEASE_SECONDS} * interval '1 second',
    attempt = d.attempt + 1
  from due
  where d.id = due.id
  returning d.id, d.organisation_id as "organisationId", d.project_id as "projectId", d.node_id as "nodeId", d.was,
    d.task_id as "taskId", d.attempt, d.lease_token as "leaseToken"`;

/** Notes which task of its node deletes it, before there is one. False when the lease was lost. */
export const noteTask = async (sql: Db, { id, leaseToken }: ClaimedData, taskId: string): Promise<boolean> => {
  const { count } = await sql`
    update deployments.volume_data set task_id = ${taskId} where id = ${id} and lease_token = ${leaseToken}`;
  return count === 1;
};

/** It is no more. False when the lease was lost. */
export const forgetDeleted = async (tx: Db, { id, leaseToken }: ClaimedData): Promise<boolean> => {
  const { count } = await tx`
    delete from deployments.volume_data where id = ${id} and lease_token = ${leaseToken}`;
  return count === 1;
};

export type Postponed = { waitMs: number } & (
  | { because: "underway" }
  | { because: "failed"; reason: Reason }
  | { because: "unknown" }
);

/** Gives it back until later. After a failed task the next try is another task; a look at one under way is no try. */
export const postponeDeletion = async (sql: Db, { id, leaseToken }: ClaimedData, how: Postponed): Promise<void> => {
  const reason = how.because === "failed" ? sql`, reason = ${jsonb(sql, how.reason)}, task_id = null` : sql``;
  const attempt = how.because === "underway" ? sql`, attempt = attempt - 1` : sql``;
  await sql`
    update deployments.volume_data
    set lease_token = null, lease_until = null, step_at = now() + ${how.waitMs} * interval '1 millisecond'
      ${reason} ${attempt}
    where id = ${id} and lease_token = ${leaseToken}`;
};
