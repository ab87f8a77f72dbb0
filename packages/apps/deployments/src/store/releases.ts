import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Release } from "../release.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", workload_id as "workloadId", number, image, settings, source,
  secret_groups as "secretGroups", state, created_at as "createdAt"`;

export type NewRelease = Omit<Release, "number" | "state" | "createdAt"> & {
  envSealed: Uint8Array;
  filesSealed: Uint8Array | null;
};

/** Writes a release under the next number of its workload. */
export const insertRelease = async (tx: Db, release: NewRelease): Promise<Release> => {
  const [row] = await tx<Release[]>`
    with numbered as (
      update deployments.workloads set last_release_number = last_release_number + 1
      where id = ${release.workloadId}
      returning last_release_number
    )
    insert into deployments.releases
      (id, organisation_id, workload_id, number, image, settings, env_sealed, files_sealed, secret_groups, source, state)
    select ${release.id}, ${release.organisationId}, ${release.workloadId}, last_release_number,
      ${jsonb(tx, release.image)}, ${jsonb(tx, release.settings)}, ${release.envSealed}, ${release.filesSealed},
      ${jsonb(tx, release.secretGroups)}, ${jsonb(tx, release.source)},
      'pending'
    from numbered
    returning ${columns(tx)}`;
  return row as Release;
};

export const findRelease = async (sql: Db, workloadId: WorkloadId, id: ReleaseId): Promise<Release | null> => {
  const [row] = await sql<Release[]>`
    select ${columns(sql)} from deployments.releases where workload_id = ${workloadId} and id = ${id}`;
  return row ?? null;
};

export const findReleaseByNumber = async (sql: Db, workloadId: WorkloadId, number: number): Promise<Release | null> => {
  const [row] = await sql<Release[]>`
    select ${columns(sql)} from deployments.releases where workload_id = ${workloadId} and number = ${number}`;
  return row ?? null;
};

/** The newest release before the live one that was live itself: where a rollback without a number goes. */
export const findPreviousRelease = async (sql: Db, workloadId: WorkloadId): Promise<Release | null> => {
  const [row] = await sql<Release[]>`
    select ${columns(sql)}
    from deployments.releases
    where workload_id = ${workloadId} and state = 'superseded'
      and number < (select number from deployments.releases where workload_id = ${workloadId} and state = 'live')
    order by number desc
    limit 1`;
  return row ?? null;
};

/** Releases, newest first, below number `before`. */
export const listReleases = (
  sql: Db,
  workloadId: WorkloadId,
  before: number | null,
  limit: number,
): Promise<Release[]> =>
  sql<Release[]>`
    select ${columns(sql)}
    from deployments.releases
    where workload_id = ${workloadId} ${before === null ? sql`` : sql`and number < ${before}`}
    order by number desc
    limit ${limit}`;

export type SealedParts = { env: Uint8Array; files: Uint8Array | null };

export const findSealedParts = async (sql: Db, id: ReleaseId): Promise<SealedParts | null> => {
  const [row] = await sql<SealedParts[]>`
    select env_sealed as env, files_sealed as files from deployments.releases where id = ${id}`;
  return row ?? null;
};

/** A release that never went live has failed; one that was live before, and was to be again, is what it was. */
export const setReleaseFailed = async (tx: Db, id: ReleaseId): Promise<void> => {
  await tx`update deployments.releases set state = 'failed' where id = ${id} and state = 'pending'`;
};

/** Makes a release the live one of its workload, and the one before it superseded. */
export const makeReleaseLive = async (tx: Db, workloadId: WorkloadId, id: ReleaseId): Promise<void> => {
  await tx`
    update deployments.releases set state = 'superseded'
    where workload_id = ${workloadId} and state = 'live' and id <> ${id}`;
  await tx`update deployments.releases set state = 'live' where id = ${id}`;
  await tx`update deployments.workloads set current_release_id = ${id} where id = ${workloadId}`;
};
