import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { VolumeDataId, VolumeId } from "../volume.ts";

/** What an operation has to know of the data that it is about. */
export type OperatedData = {
  volume: { id: VolumeId; slug: string } | null;
  nodeId: NodeId | null;
  /** The highest generation of a workload that had it. */
  epoch: number;
  isRemoved: boolean;
} | null;

export const findDataById = async (sql: Db, dataId: VolumeDataId): Promise<OperatedData> => {
  const [row] = await sql<
    { volumeId: VolumeId; slug: string | null; nodeId: NodeId | null; epoch: number; isRemoved: boolean }[]
  >`
    select d.volume_id as "volumeId", v.slug, d.node_id as "nodeId", d.epoch::float8 as epoch,
      d.removed_at is not null as "isRemoved"
    from deployments.volume_data d
    left join deployments.volumes v on v.id = d.volume_id
    where d.id = ${dataId}`;
  if (row === undefined) return null;
  const { volumeId, slug, nodeId, epoch, isRemoved } = row;
  return { volume: slug === null ? null : { id: volumeId, slug }, nodeId, epoch, isRemoved };
};
