import type { Db } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, OrganisationId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Collectable } from "../retention.ts";

/** A workload whose releases one process looks at until `lease_until`. `attempt` is 1 unless the tries before it failed. */
export type ClaimedLook = {
  workloadId: WorkloadId;
  organisationId: OrganisationId;
  leaseToken: string;
  attempt: number;
};

/** The same figure stands in the loop that renews it. */
export const LOOK_LEASE_SECONDS = 60;

/** From its first release on a workload is looked at. */
export const keepLooking = async (tx: Db, workloadId: WorkloadId, organisationId: OrganisationId): Promise<void> => {
  await tx`
    insert into deployments.retention_looks (workload_id, organisation_id)
    values (${workloadId}, ${organisationId})
    on conflict (workload_id) do nothing`;
};

/** Has the releases of a workload looked at soon: another is live, or one is kept by hand no longer. */
export const lookAtReleases = async (tx: Db, workloadId: WorkloadId): Promise<void> => {
  await tx`update deployments.retention_looks set look_at = now() where workload_id = ${workloadId}`;
};

/** Claims workloads that are due. Many processes may call it at once. */
export const claimLooks = (sql: Db, limit: number): Promise<ClaimedLook[]> => sql<ClaimedLook[]>`
  with due as (
    select workload_id
    from deployments.retention_looks
    where case when lease_until is null then look_at <= now() else lease_until < now() end
    order by look_at, workload_id
    limit ${limit}
    for update skip locked
  )
  update deployments.retention_looks l
  set lease_token = gen_random_uuid(), lease_until = now() + ${LOOK_LEASE_SECONDS} * interval '1 second',
    attempt = l.attempt + 1, look_at = 'infinity' -- so that a wish for a look that comes meanwhile can be seen
  from due
  where l.workload_id = due.workload_id
  returning l.workload_id as "workloadId", l.organisation_id as "organisationId", l.lease_token as "leaseToken", l.attempt`;

/** False: the lease was lost. */
export const renewLook = async (sql: Db, { workloadId, leaseToken }: ClaimedLook): Promise<boolean> => {
  const renewed = await sql`
    update deployments.retention_looks set lease_until = now() + ${LOOK_LEASE_SECONDS} * interval '1 second'
    where workload_id = ${workloadId} and lease_token = ${leaseToken}
    returning workload_id`;
  return renewed.length === 1;
};

/** Gives one back, to be looked at again after `waitMs`, or at once when that was asked for meanwhile. */
export const giveBackLook = async (sql: Db, look: ClaimedLook, waitMs: number, failed: boolean): Promise<void> => {
  await sql`
    update deployments.retention_looks
    set lease_token = null, lease_until = null, attempt = ${failed ? look.attempt : 0},
      look_at = case when look_at = 'infinity' then now() + ${waitMs} * interval '1 millisecond' else look_at end
    where workload_id = ${look.workloadId} and lease_token = ${look.leaseToken}`;
};

/** Whether what is not over needs a release: a deployment that brings it live, a promotion from it, or a run in it. */
const isInUse = (sql: Db) => sql`(
  exists (
    select 1 from deployments.deployments d
    where d.organisation_id = r.organisation_id and d.finished_at is null
      and (d.release_id = r.id or d.cause ->> 'releaseId' = r.id::text))
  or exists (
    select 1 from deployments.runs n
    where n.workload_id = r.workload_id and n.finished_at is null and n.release_id = r.id))`;

/** More than any rule keeps; of a workload that has more the oldest are seen once newer ones are collected. */
const MAX_SEEN = 10_000;

/** The releases of a workload that were not collected, newest first. */
export const listCollectable = (tx: Db, workloadId: WorkloadId): Promise<Collectable[]> => tx<Collectable[]>`
  select r.id, r.number, r.state, r.is_kept as "isKept", ${isInUse(tx)} as "isInUse", r.created_at as "createdAt"
  from deployments.releases r
  where r.workload_id = ${workloadId} and r.collected_at is null
  order by r.number desc
  limit ${MAX_SEEN}`;

/**
 * Collects some releases: forgets their variables and files. Those that somebody is about to use or to keep are passed
 * over. What was collected, oldest first.
 */
export const collectReleases = async (
  tx: Db,
  ids: readonly ReleaseId[],
): Promise<{ id: ReleaseId; number: number }[]> => {
  // First held, then looked at anew: whoever is to use one holds it, too, and has written so once it can be held here.
  const held = await tx<{ id: ReleaseId }[]>`
    select id from deployments.releases
    where id = any (${ids as ReleaseId[]}::uuid[])
    for no key update skip locked`;
  return tx<{ id: ReleaseId; number: number }[]>`
    with collected as (
      update deployments.releases r
      set collected_at = now(), env_sealed = null, files_sealed = null
      where r.id = any (${held.map(({ id }) => id)}::uuid[]) and r.collected_at is null and not r.is_kept
        and r.state in ('superseded', 'failed') and not ${isInUse(tx)}
      returning r.id, r.number
    )
    select id, number from collected order by number`;
};

/** A collected release whose image is still to be given back; `madeBy` pinned it, null for one that nobody pinned. */
export type ImageToRelease = { id: ReleaseId; madeBy: DeploymentId | null };

export const listImagesToRelease = (sql: Db, workloadId: WorkloadId, limit: number): Promise<ImageToRelease[]> =>
  sql<ImageToRelease[]>`
    select r.id, d.id as "madeBy"
    from deployments.releases r
    left join deployments.deployments d on d.release_id = r.id and d.cause ->> 'kind' <> 'release'
    where r.workload_id = ${workloadId} and r.collected_at is not null and r.image_released_at is null
    order by r.number
    limit ${limit}`;

export const setImageReleased = async (sql: Db, id: ReleaseId): Promise<void> => {
  await sql`update deployments.releases set image_released_at = now() where id = ${id} and collected_at is not null`;
};
