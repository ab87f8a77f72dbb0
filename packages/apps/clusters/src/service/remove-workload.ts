import { afterCommit } from "@homeport/kit/db/connect.ts";
import { listReleases } from "../store/releases.ts";
import { rememberRemoved } from "../store/removed-workloads.ts";
import { drainReplicas, listReplicas } from "../store/replicas.ts";
import { finishRollout } from "../store/rollouts.ts";
import { bumpRevision } from "../store/routes.ts";
import { lockRunsOf } from "../store/runs.ts";
import { lockWorkload, lockWorkloadId, setRemoving } from "../store/workloads.ts";
import { isRolling } from "../workload.ts";
import { changeNodes, stopReplica } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRollout } from "./rollout-events.ts";
import { cancelRuns } from "./runs.ts";

/**
 * Takes a workload off the routes; the controller drains and stops what runs, then forgets it. Safe to repeat; false
 * when there is nothing of it. Either way a put that comes later is refused.
 */
export const startRemoval = (deps: ClustersDeps, workloadId: string): Promise<boolean> =>
  deps.sql.begin(async (tx) => {
    const now = deps.clock();
    await lockWorkloadId(tx, workloadId);
    const workload = await lockWorkload(tx, workloadId);
    const runs = await lockRunsOf(tx, workloadId);
    if (workload === null) {
      const nodes = runs.flatMap(({ nodeId }) => nodeId ?? []);
      await cancelRuns(tx, await changeNodes(tx, deps.signals, nodes), runs, now);
      await rememberRemoved(tx, workloadId, now);
      return false;
    }
    if (workload.removing) return true;
    const replicas = await listReplicas(tx, workload.id);
    const candidates = replicas.filter(({ role }) => role === "candidate");
    const nodes = [...candidates, ...runs].flatMap(({ nodeId }) => nodeId ?? []);
    const changes = await changeNodes(tx, deps.signals, nodes);
    for (const candidate of candidates) await stopReplica(tx, changes, candidate); // at most MAX_REPLICAS
    await cancelRuns(tx, changes, runs, now);
    if (isRolling(workload.rollout)) {
      await finishRollout(tx, workload.id, { state: "aborted" }, now);
      const release = (await listReleases(tx, workload.id)).get(workload.generation);
      await emitRollout(tx, "aborted", workload, release);
    }
    const routed = replicas.filter(({ role }) => role === "serving" || role === "canary");
    await drainReplicas(
      tx,
      routed.map(({ id }) => id),
      await bumpRevision(tx),
      now,
    );
    await setRemoving(tx, workload.id, now);
    afterCommit(tx, () => {
      deps.signals.routes.raise();
      deps.signals.due.raise();
    });
    return true;
  });
