import type { Db } from "@homeport/kit/db/connect.ts";
import type { ReleaseId } from "@homeport/kit/ids.ts";
import type { Release } from "../release.ts";
import type { KeptVolume, VolumeDataId } from "../volume.ts";

/** Of the data that a release has mounted, what its workload has no more, or not under this id. */
export const listLostMounts = async (
  sql: Db,
  { workloadId, volumes }: Pick<Release, "workloadId" | "volumes">,
): Promise<VolumeDataId[]> => {
  const ids = volumes.map(({ volumeId }) => volumeId);
  const rows = await sql<{ id: VolumeDataId }[]>`
    select wanted.id
    from unnest(${ids}::uuid[]) as wanted (id)
    where not exists (
      select from deployments.volume_data d
      where d.id = wanted.id and d.workload_id = ${workloadId} and d.removed_at is null
    )`;
  return rows.map(({ id }) => id);
};

/** A release that has data mounted, or is about to. */
export type Mounting = { service: string; environment: string; number: number };

/** One of a workload's that is live, or whose deployment is not over; null when there is none in the data's project. */
export const findMounting = async (
  sql: Db,
  { id, projectId }: Pick<KeptVolume, "id" | "projectId">,
): Promise<(Mounting & { workloadId: string }) | null> => {
  const [row] = await sql<(Mounting & { workloadId: string })[]>`
    select s.slug as service, e.slug as environment, r.number, r.workload_id as "workloadId"
    from deployments.services s
    join deployments.workloads w on w.service_id = s.id
    join deployments.environments e on e.id = w.environment_id
    join deployments.releases r on r.workload_id = w.id
    where s.project_id = ${projectId} and r.volumes @> jsonb_build_array(jsonb_build_object('volumeId', ${id}::text))
      and (r.id = w.current_release_id or exists (
        select from deployments.deployments d where d.release_id = r.id and d.finished_at is null
      ))
    order by s.slug, e.slug, r.number
    limit 1`;
  return row ?? null;
};

/** Whether one of these releases has the data mounted, or is not known any more, so that it may have. */
export const mayMount = async (sql: Db, releaseIds: readonly ReleaseId[], id: VolumeDataId): Promise<boolean> => {
  const rows = await sql`
    select running.id
    from unnest(${releaseIds as ReleaseId[]}::uuid[]) as running (id)
    left join deployments.releases r on r.id = running.id
    where r.id is null or r.volumes @> jsonb_build_array(jsonb_build_object('volumeId', ${id}::text))
    limit 1`;
  return rows.length > 0;
};
