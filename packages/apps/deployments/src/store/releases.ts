import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Release } from "../release.ts";
import { Settings } from "../settings.ts";
import { lookAtCron } from "./cron-schedules.ts";
import { keepLooking, lookAtReleases } from "./retention.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", workload_id as "workloadId", number, image, settings, source,
  secret_groups as "secretGroups", host_labels as "hostLabels", volumes, config_digest as "configDigest", state,
  is_kept as "isKept", collected_at as "collectedAt", promoted_from as "promotedFrom", created_by as "createdBy",
  created_at as "createdAt"`;

type Row = Omit<Release, "settings"> & { settings: unknown };

/** Releases of an earlier version of Homeport have fewer settings, and meant the defaults of the others. */
const toRelease = (row: Row): Release => ({ ...row, settings: Settings.parse(row.settings) });

export type NewRelease = Omit<Release, "number" | "state" | "isKept" | "collectedAt" | "createdAt"> & {
  envSealed: Uint8Array;
  filesSealed: Uint8Array | null;
};

/** Writes a release under the next number of its workload. */
export const insertRelease = async (tx: Db, release: NewRelease): Promise<Release> => {
  const [row] = await tx<[Row]>`
    with numbered as (
      update deployments.workloads set last_release_number = last_release_number + 1
      where id = ${release.workloadId}
      returning last_release_number
    )
    insert into deployments.releases
      (id, organisation_id, workload_id, number, image, settings, env_sealed, files_sealed, secret_groups, source,
        host_labels, volumes, config_digest, promoted_from, created_by, state)
    select ${release.id}, ${release.organisationId}, ${release.workloadId}, last_release_number,
      ${jsonb(tx, release.image)}, ${jsonb(tx, release.settings)}, ${release.envSealed}, ${release.filesSealed},
      ${jsonb(tx, release.secretGroups)}, ${jsonb(tx, release.source)}, ${tx.array(release.hostLabels)},
      ${jsonb(tx, release.volumes)}, ${release.configDigest}, ${release.promotedFrom}, ${jsonb(tx, release.createdBy)}, 'pending'
    from numbered
    returning ${columns(tx)}`;
  await keepLooking(tx, release.workloadId, release.organisationId);
  return toRelease(row);
};

export const findRelease = async (sql: Db, workloadId: WorkloadId, id: ReleaseId): Promise<Release | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from deployments.releases where workload_id = ${workloadId} and id = ${id}`;
  return row === undefined ? null : toRelease(row);
};

export const findLiveRelease = async (sql: Db, workloadId: WorkloadId): Promise<Release | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)}
    from deployments.releases
    where id = (select current_release_id from deployments.workloads where id = ${workloadId})`;
  return row === undefined ? null : toRelease(row);
};

export const findReleaseByNumber = async (sql: Db, workloadId: WorkloadId, number: number): Promise<Release | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from deployments.releases where workload_id = ${workloadId} and number = ${number}`;
  return row === undefined ? null : toRelease(row);
};

/** The newest release before the live one that was live itself: where a rollback without a number goes. */
export const findPreviousRelease = async (sql: Db, workloadId: WorkloadId): Promise<Release | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)}
    from deployments.releases
    where workload_id = ${workloadId} and state = 'superseded' and collected_at is null
      and number < (select number from deployments.releases where workload_id = ${workloadId} and state = 'live')
    order by number desc
    limit 1`;
  return row === undefined ? null : toRelease(row);
};

/** Releases, newest first, below number `before`. */
export const listReleases = async (
  sql: Db,
  workloadId: WorkloadId,
  before: number | null,
  limit: number,
): Promise<Release[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from deployments.releases
    where workload_id = ${workloadId} ${before === null ? sql`` : sql`and number < ${before}`}
    order by number desc
    limit ${limit}`;
  return rows.map(toRelease);
};

/** One of any workload of an organisation. */
export const getRelease = async (sql: Db, organisationId: OrganisationId, id: ReleaseId): Promise<Release | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from deployments.releases where organisation_id = ${organisationId} and id = ${id}`;
  return row === undefined ? null : toRelease(row);
};

export type SealedParts = { env: Uint8Array; files: Uint8Array | null };

/** Null for a release that is gone or was collected. */
export const findSealedParts = async (sql: Db, id: ReleaseId): Promise<SealedParts | null> => {
  const [row] = await sql<SealedParts[]>`
    select env_sealed as env, files_sealed as files
    from deployments.releases
    where id = ${id} and env_sealed is not null`;
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
  await lookAtCron(tx, workloadId);
  await lookAtReleases(tx, workloadId);
};

/** False: it was collected meanwhile. */
export const setKept = async (tx: Db, id: ReleaseId, isKept: boolean): Promise<boolean> => {
  const kept = await tx`
    update deployments.releases set is_kept = ${isKept} where id = ${id} and collected_at is null returning id`;
  return kept.length === 1;
};

/** Keeps a release from being collected until the end of the transaction; null for one that was, or is gone. */
export const holdRelease = async (tx: Db, id: ReleaseId): Promise<ReleaseId | null> => {
  const [held] = await tx<{ id: ReleaseId }[]>`
    select id from deployments.releases where id = ${id} and collected_at is null for share`;
  return held?.id ?? null;
};
