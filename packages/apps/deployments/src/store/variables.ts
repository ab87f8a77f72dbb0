import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";

export type SealedVariable = { name: string; sealed: Uint8Array; updatedAt: Date };

export const listVariables = (sql: Db, workloadId: WorkloadId): Promise<SealedVariable[]> => sql<SealedVariable[]>`
  select name, value_sealed as "sealed", updated_at as "updatedAt"
  from deployments.variables
  where workload_id = ${workloadId}
  order by name`;

/** How many variables a workload has, and how large they are as they are stored. */
export const measureVariables = async (sql: Db, workloadId: WorkloadId): Promise<{ count: number; bytes: number }> => {
  const [row] = await sql<{ count: number; bytes: number }[]>`
    select count(*)::int as count, coalesce(sum(octet_length(value_sealed)), 0)::int as bytes
    from deployments.variables
    where workload_id = ${workloadId}`;
  return row ?? { count: 0, bytes: 0 };
};

export const putVariables = async (
  sql: Db,
  organisationId: OrganisationId,
  workloadId: WorkloadId,
  variables: { name: string; sealed: Uint8Array }[],
): Promise<void> => {
  const rows = variables.map(({ name, sealed }) => ({
    organisation_id: organisationId,
    workload_id: workloadId,
    name,
    value_sealed: sealed,
  }));
  await sql`
    insert into deployments.variables ${sql(rows, "organisation_id", "workload_id", "name", "value_sealed")}
    on conflict (workload_id, name) do update set value_sealed = excluded.value_sealed, updated_at = now()`;
};

export const removeVariables = async (sql: Db, workloadId: WorkloadId, names: string[]): Promise<string[]> => {
  const removed = await sql<{ name: string }[]>`
    delete from deployments.variables
    where workload_id = ${workloadId} and name = any (${names}::text[])
    returning name`;
  return removed.map((row) => row.name);
};
