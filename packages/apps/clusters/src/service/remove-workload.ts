import { afterCommit } from "@homeport/kit/db/connect.ts";
import { listReleases } from "../store/releases.ts";
import { rememberRemoved } from "../store/removed-workloads.ts";
import { drainServing, listReplicas } from "../store/replicas.ts";
import { bumpRevision } from "../store/routes.ts";
import { finishRollout, lockWorkload, lockWorkloadId, setRemoving } from "../store/workloads.ts";
import { isRolling } from "../workload.ts";
import { stopCandidate } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRollout } from "./rollout-events.ts";

/**
 * Takes a workload off the routes; the controller drains and stops what runs, then forgets it. Safe to repeat; false
 * when there is nothing of it. Either way a put that comes later is refused.
 */
export const startRemoval = (deps: ClustersDeps, workloadId: string): Promise<boolean> =>
  deps.sql.begin(async (tx) => {
    const now = deps.clock();
    await lockWorkloadId(tx, workloadId);
    const workload = await lockWorkload(tx, workloadId);
    if (workload === null) {
      await rememberRemoved(tx, workloadId, now);
      return false;
    }
    if (workload.removing) return true;
    if (isRolling(workload.rollout)) {
      await stopCandidate(tx, deps.signals, await listReplicas(tx, workload.id));
      await finishRollout(tx, workload.id, { state: "aborted" }, now);
      const release = (await listReleases(tx, workload.id)).get(workload.generation);
      await emitRollout(tx, "aborted", workload, release);
    }
    await drainServing(tx, workload.id, await bumpRevision(tx), now);
    await setRemoving(tx, workload.id, now);
    afterCommit(tx, () => {
      deps.signals.routes.raise();
      deps.signals.due.raise();
    });
    return true;
  });
