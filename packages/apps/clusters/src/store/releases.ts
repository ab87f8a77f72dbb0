import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import { WorkloadRelease } from "../contract/release.ts";
import type { ReleaseSpec } from "../workload.ts";

const Spec = WorkloadRelease.omit({ env: true, files: true });

/** Parses the spec column. */
export const parseSpec = (column: unknown): ReleaseSpec => {
  const spec = Spec.parse(column);
  return { ...spec, releaseId: spec.releaseId as ReleaseId };
};

export const insertRelease = async (
  sql: Db,
  workload: { id: WorkloadId; organisationId: OrganisationId; generation: number },
  spec: ReleaseSpec,
  { sealedEnv, sealedFiles }: { sealedEnv: Uint8Array; sealedFiles: Uint8Array | null },
): Promise<void> => {
  await sql`
    insert into clusters.releases
      (workload_id, organisation_id, generation, release_id, number, spec, sealed_env, sealed_files)
    values (
      ${workload.id}, ${workload.organisationId}, ${workload.generation}, ${spec.releaseId}, ${spec.number},
      ${jsonb(sql, spec)}, ${sealedEnv}, ${sealedFiles}
    )`;
};

/** The kept releases of a workload by generation. */
export const listReleases = async (sql: Db, workloadId: WorkloadId): Promise<Map<number, ReleaseSpec>> => {
  const rows = await sql<{ generation: number; spec: unknown }[]>`
    select generation, spec from clusters.releases where workload_id = ${workloadId} order by generation`;
  return new Map(rows.map(({ generation, spec }) => [generation, parseSpec(spec)]));
};

/** Forgets releases that are neither the newest, nor have the traffic, nor run anywhere, nor are still counted. */
export const removeUnusedReleases = async (sql: Db, workloadId: WorkloadId): Promise<void> => {
  await sql`
    delete from clusters.releases l
    using clusters.workloads w
    where l.workload_id = ${workloadId} and w.id = l.workload_id
      and l.generation <> w.generation and l.generation is distinct from w.serving_generation
      and (l.traffic_revision is null or l.settled_at is not null)
      and not exists (
        select from clusters.replicas r where r.workload_id = l.workload_id and r.generation = l.generation
      )`;
};
