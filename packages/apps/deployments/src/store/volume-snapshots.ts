import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { VolumeDataId } from "../volume.ts";
import { type Archive, MAX_SAVED, type Snapshot, type SnapshotId } from "../volume-snapshot.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", data_id as "dataId", state, origin, note, node_id as "nodeId",
  bytes::float8 as bytes, sha256, consistent, created_by as "createdBy", created_at as "createdAt"`;

export type NewSnapshot = Pick<Snapshot, "id" | "organisationId" | "dataId" | "origin" | "note" | "createdBy">;

export const insertSnapshot = async (tx: Db, snapshot: NewSnapshot): Promise<void> => {
  const { id, organisationId, dataId, origin, note, createdBy } = snapshot;
  await tx`
    insert into deployments.volume_snapshots (id, organisation_id, data_id, origin, note, created_by, step_at)
    values (${id}, ${organisationId}, ${dataId}, ${origin}, ${note}, ${jsonb(tx, createdBy)}, now())`;
};

export const findSnapshot = async (sql: Db, dataId: VolumeDataId, id: SnapshotId): Promise<Snapshot | null> => {
  const [row] = await sql<Snapshot[]>`
    select ${columns(sql)} from deployments.volume_snapshots where data_id = ${dataId} and id = ${id}`;
  return row ?? null;
};

/** Newest first, those before `before`. */
export const listSnapshots = (
  sql: Db,
  dataId: VolumeDataId,
  before: SnapshotId | null,
  limit: number,
): Promise<Snapshot[]> => sql<Snapshot[]>`
  select ${columns(sql)}
  from deployments.volume_snapshots
  where data_id = ${dataId} ${before === null ? sql`` : sql`and id < ${before}`}
  order by id desc
  limit ${limit}`;

/** Of a volume, that people asked for and nobody removed. */
export const countSnapshots = async (sql: Db, dataId: VolumeDataId): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from deployments.volume_snapshots
    where data_id = ${dataId} and origin = 'request' and state <> 'removing'`;
  return row?.count ?? 0;
};

/** From here on the node may have something of it. */
export const placeSnapshot = async (tx: Db, id: SnapshotId, nodeId: NodeId): Promise<void> => {
  await tx`update deployments.volume_snapshots set node_id = ${nodeId} where id = ${id} and state = 'taking'`;
};

export const setSnapshotReady = async (tx: Db, id: SnapshotId, archive: Archive): Promise<void> => {
  const { bytes, sha256, consistent } = archive;
  await tx`
    update deployments.volume_snapshots
    set state = 'ready', bytes = ${bytes}, sha256 = ${sha256}, consistent = ${consistent}
    where id = ${id} and state = 'taking'`;
};

/** From now on nobody can use it. False when that was so already. */
export const dropSnapshot = async (tx: Db, id: SnapshotId): Promise<boolean> => {
  const dropped = await tx`
    update deployments.volume_snapshots set state = 'removing', step_at = now()
    where id = ${id} and state <> 'removing'
    returning id`;
  return dropped.length === 1;
};

/** Lets the oldest go of what was saved before restores, beyond the number that is kept; `used` stays. */
export const dropOldSaved = async (tx: Db, dataId: VolumeDataId, used: SnapshotId | null): Promise<void> => {
  await tx`
    update deployments.volume_snapshots set state = 'removing', step_at = now()
    where id in (
      select id
      from deployments.volume_snapshots
      where data_id = ${dataId} and origin = 'before-restore' and state = 'ready'
      order by id desc
      offset ${MAX_SAVED}
    ) and id is distinct from ${used}`;
};
