import { DomainError } from "@homeport/kit/errors.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Replica } from "../replica.ts";
import { type Figures, findFigures } from "../store/measurements.ts";
import { listReleases } from "../store/releases.ts";
import { listReplicas } from "../store/replicas.ts";
import { findWorkload } from "../store/workloads.ts";
import type { ReleaseSpec, Workload } from "../workload.ts";
import type { ClustersDeps } from "./deps.ts";

/** A workload with all that is known of it, as of one moment. */
export type WorkloadDetails = {
  workload: Workload;
  releases: ReadonlyMap<number, ReleaseSpec>;
  replicas: Replica[];
  /** What gateways counted during the rollout of the newest generation; null while that is not known. */
  figures: Figures;
};

export const findOwnedWorkload = (deps: ClustersDeps, id: string): Promise<Workload | null> =>
  isId(id) ? findWorkload(deps.sql, id) : Promise.resolve(null);

/** @throws {DomainError} not_found */
export const readWorkload = (deps: ClustersDeps, id: string): Promise<WorkloadDetails> =>
  deps.sql.begin("isolation level repeatable read read only", async (tx) => {
    const workload = await findWorkload(tx, id);
    if (workload === null) throw new DomainError("not_found", "There is no such workload.");
    return {
      workload,
      releases: await listReleases(tx, workload.id),
      replicas: await listReplicas(tx, workload.id),
      figures: await findFigures(tx, workload.id, workload.generation),
    };
  });
