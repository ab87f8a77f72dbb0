import { afterCommit } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { listReleases } from "../store/releases.ts";
import { listReplicas } from "../store/replicas.ts";
import { finishRollout, lockWorkload, setAbortedGeneration } from "../store/workloads.ts";
import { stopCandidate } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRollout } from "./rollout-events.ts";

/**
 * Gives up the rollout of a generation, as long as it has no traffic; nothing happens to one that ended or switched.
 * A generation that did not arrive yet is refused when it does. Safe to repeat.
 *
 * @throws {DomainError} not_found
 */
export const abortRollout = (deps: ClustersDeps, workloadId: string, generation: number): Promise<void> =>
  deps.sql.begin(async (tx) => {
    const workload = await lockWorkload(tx, workloadId);
    if (workload === null) throw new DomainError("not_found", "There is no such workload.");
    if (generation > workload.generation) return await setAbortedGeneration(tx, workload.id, generation);
    if (generation < workload.generation || workload.rollout.state !== "running") return;
    await stopCandidate(tx, deps.signals, await listReplicas(tx, workload.id));
    await finishRollout(tx, workload.id, { state: "aborted" }, deps.clock());
    await emitRollout(tx, "aborted", workload, (await listReleases(tx, workload.id)).get(generation));
    afterCommit(tx, () => deps.signals.due.raise());
  });
