import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { VolumeDataId } from "../volume.ts";

export type VolumeUsage = {
  /** On disk. */
  bytes: number;
  files: number;
  /** Null for no limit. */
  sizeMiB: number | null;
  enforced: boolean;
  measuredAt: Date;
};

export const findUsage = async (sql: Db, dataId: VolumeDataId): Promise<VolumeUsage | null> => {
  const [row] = await sql<VolumeUsage[]>`
    select bytes::float8 as bytes, files::float8 as files, size_mib as "sizeMiB", enforced, measured_at as "measuredAt"
    from deployments.volume_usage
    where data_id = ${dataId}`;
  return row ?? null;
};

/** Keeps the newest figures. */
export const saveUsage = async (
  sql: Db,
  { dataId, organisationId }: { dataId: VolumeDataId; organisationId: OrganisationId },
  { bytes, files, sizeMiB, enforced, measuredAt }: VolumeUsage,
): Promise<void> => {
  await sql`
    insert into deployments.volume_usage (data_id, organisation_id, bytes, files, size_mib, enforced, measured_at)
    values (${dataId}, ${organisationId}, ${bytes}, ${files}, ${sizeMiB}, ${enforced}, ${measuredAt})
    on conflict (data_id) do update
    set bytes = excluded.bytes, files = excluded.files, size_mib = excluded.size_mib, enforced = excluded.enforced,
      measured_at = excluded.measured_at
    where volume_usage.measured_at <= excluded.measured_at`;
};

/** Figures of volumes whose data is gone. */
export const forgetUsageOfRemoved = async (sql: Db): Promise<void> => {
  await sql`
    delete from deployments.volume_usage u
    where not exists (select 1 from deployments.volume_data d where d.id = u.data_id)`;
};
