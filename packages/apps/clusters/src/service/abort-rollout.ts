import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { listReleases } from "../store/releases.ts";
import { rememberGivenUp } from "../store/removed-workloads.ts";
import { listReplicas } from "../store/replicas.ts";
import { finishRollout } from "../store/rollouts.ts";
import { lockWorkload, lockWorkloadId, setAbortedGeneration, setDue } from "../store/workloads.ts";
import type { Workload } from "../workload.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRollout } from "./rollout-events.ts";
import { withdrawRollout } from "./withdraw-rollout.ts";

/**
 * Gives up the rollout of a generation, as long as it does not have all the traffic; nothing happens to one that ended or
 * switched. A canary gives its part back, and what was taken off for a release that replaces it is started again. A
 * generation that did not arrive yet is refused when it does. Safe to repeat.
 *
 * @throws {DomainError} not_found
 */
export const abortRollout = async (deps: ClustersDeps, workloadId: string, generation: number): Promise<void> => {
  const isKnown = await deps.sql.begin(async (tx) => {
    await lockWorkloadId(tx, workloadId);
    const workload = await lockWorkload(tx, workloadId);
    if (workload === null) {
      await rememberGivenUp(tx, workloadId, generation, deps.clock());
      return false;
    }
    await abort(deps, tx, workload, generation);
    return true;
  });
  if (!isKnown) throw new DomainError("not_found", "There is no such workload.");
};

const abort = async (deps: ClustersDeps, tx: Tx, workload: Workload, generation: number): Promise<void> => {
  if (generation > workload.generation) return await setAbortedGeneration(tx, workload.id, generation);
  if (generation < workload.generation || workload.rollout.state !== "running") return;
  const { signals } = deps;
  const now = deps.clock();
  const replicas = await listReplicas(tx, workload.id);
  await withdrawRollout({ tx, signals, workload, replicas, now, traffic: null });
  await finishRollout(tx, workload.id, { state: "aborted" }, now);
  await setDue(tx, [workload.id], now);
  await emitRollout(tx, "aborted", workload, (await listReleases(tx, workload.id)).get(generation));
  afterCommit(tx, () => signals.due.raise());
};
