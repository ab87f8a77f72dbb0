import type { Db } from "@homeport/kit/db/connect.ts";
import { isId, type NodeId, type OrganisationId, type ProjectId, type WorkloadId } from "@homeport/kit/ids.ts";
import { KEPT_DAYS, type Volume, type VolumeDataId, type VolumeId } from "../volume.ts";

const columns = (sql: Db) => sql`
  v.id, v.organisation_id as "organisationId", v.project_id as "projectId", v.service_id as "serviceId", v.slug, v.path,
  v.size_mib as "sizeMiB", v.version, v.created_at as "createdAt", d.workload_id as "workloadId", d.id as "dataId",
  d.node_id as "nodeId"`;

const joined = (sql: Db) => sql`
  deployments.volumes v
  join deployments.volume_data d on d.volume_id = v.id and d.removed_at is null`;

/** A volume of a workload with its data there, by its id or slug. */
export const findVolumeData = async (sql: Db, workloadId: WorkloadId, reference: string): Promise<Volume | null> => {
  const [volume] = await sql<Volume[]>`
    select ${columns(sql)}
    from ${joined(sql)}
    where d.workload_id = ${workloadId} and ${isId(reference) ? sql`v.id = ${reference}` : sql`v.slug = ${reference}`}`;
  return volume ?? null;
};

/** All of a workload, by name; at most MAX_VOLUMES. */
export const listVolumes = (sql: Db, workloadId: WorkloadId): Promise<Volume[]> => sql<Volume[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where d.workload_id = ${workloadId}
  order by v.slug`;

export type DataOfVolume = { id: VolumeDataId; volumeId: VolumeId; workloadId: WorkloadId };

/** Which data the volumes of a project have for which workload. */
export const listVolumeData = (sql: Db, projectId: ProjectId): Promise<DataOfVolume[]> => sql<DataOfVolume[]>`
  select id, volume_id as "volumeId", workload_id as "workloadId"
  from deployments.volume_data
  where project_id = ${projectId} and removed_at is null
  order by id`;

/** Gives every volume of a project its data for every workload of its service that has none yet. */
export const insertMissingData = async (
  tx: Db,
  project: { id: ProjectId; organisationId: OrganisationId },
): Promise<void> => {
  await tx`
    insert into deployments.volume_data (id, organisation_id, project_id, volume_id, workload_id)
    select gen_random_uuid(), ${project.organisationId}, ${project.id}, v.id, w.id
    from deployments.volumes v
    join deployments.workloads w on w.service_id = v.service_id
    where v.project_id = ${project.id}
    on conflict (volume_id, workload_id) where removed_at is null do nothing`;
};

export type GoneParts = { volumeIds?: readonly string[]; workloadIds?: readonly string[]; dataIds?: readonly string[] };

/** Takes data out of use, before the rows of what it belonged to are deleted in the same transaction. */
export const keepData = async (
  tx: Db,
  { volumeIds = [], workloadIds = [], dataIds = [] }: GoneParts,
): Promise<void> => {
  await tx`
    update deployments.volume_data d
    set removed_at = date_trunc('milliseconds', now()), delete_at = now() + ${KEPT_DAYS} * interval '1 day', step_at = now(),
      epoch = greatest(d.epoch, w.generation), attempt = 0, task_id = null,
      was = jsonb_build_object('slug', v.slug, 'path', v.path, 'sizeMiB', v.size_mib, 'service', s.slug,
        'environment', e.slug, 'environmentId', e.id, 'isProtected', e.is_protected)
    from deployments.volumes v, deployments.workloads w, deployments.services s, deployments.environments e
    where v.id = d.volume_id and w.id = d.workload_id and s.id = w.service_id and e.id = w.environment_id
      and d.removed_at is null
      and (v.id = any (${volumeIds as string[]}::uuid[]) or w.id = any (${workloadIds as string[]}::uuid[])
        or d.id = any (${dataIds as string[]}::uuid[]))`;
};

/** The node that a workload's volumes are on; null before the first of them was needed. */
export const findVolumeNode = async (sql: Db, workloadId: WorkloadId): Promise<NodeId | null> => {
  const [row] = await sql<{ nodeId: NodeId | null }[]>`
    select volume_node_id as "nodeId" from deployments.workloads where id = ${workloadId}`;
  return row?.nodeId ?? null;
};

/** Settles on a node for a workload's volumes, unless somebody was quicker; the one that holds. Null when it is gone. */
export const settleVolumeNode = async (sql: Db, workloadId: WorkloadId, nodeId: NodeId): Promise<NodeId | null> => {
  const [row] = await sql<{ nodeId: NodeId }[]>`
    update deployments.workloads set volume_node_id = coalesce(volume_node_id, ${nodeId})
    where id = ${workloadId}
    returning volume_node_id as "nodeId"`;
  return row?.nodeId ?? null;
};

/** Notes that a node is told of these from now on. */
export const placeData = async (sql: Db, ids: readonly string[], nodeId: NodeId): Promise<void> => {
  await sql`
    update deployments.volume_data set node_id = ${nodeId} where id = any (${ids as string[]}::uuid[]) and node_id is null`;
};
