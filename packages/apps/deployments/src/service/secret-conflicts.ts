import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { findConflict } from "../secret-use.ts";
import { listAttached } from "../store/secret-attachments.ts";

/**
 * Asked after a change, in its transaction.
 *
 * @throws {DomainError} conflict, when two groups of one of these workloads want the same place
 */
export const refuseConflicts = async (tx: Tx, workloadIds: readonly WorkloadId[]): Promise<void> => {
  const attached = await listAttached(tx, workloadIds);
  for (const groups of Map.groupBy(attached, ({ workloadId }) => workloadId).values()) {
    const conflict = findConflict(groups);
    if (conflict === null) continue;
    throw new DomainError("conflict", `${conflict} A service cannot have both; use a prefix or another folder.`);
  }
};
