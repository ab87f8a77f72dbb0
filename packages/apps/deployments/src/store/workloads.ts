import type { Db } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";

/**
 * Makes everybody else who changes what a workload is made of wait for the end of this transaction.
 *
 * @throws {DomainError} not_found, when its service was removed meanwhile
 */
export const lockWorkload = async (tx: Db, id: WorkloadId): Promise<void> => {
  const rows = await tx`select id from deployments.workloads where id = ${id} for update`;
  if (rows.length === 0) throw new DomainError("not_found", "There is no such service.");
};

export const nextGeneration = async (tx: Db, id: WorkloadId): Promise<number> => {
  const [row] = await tx<{ generation: number }[]>`
    update deployments.workloads set generation = generation + 1 where id = ${id} returning generation`;
  return row?.generation ?? 0;
};
