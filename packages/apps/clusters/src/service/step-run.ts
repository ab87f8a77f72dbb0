import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { afterCommit } from "@homeport/kit/db/connect.ts";
import { planRun } from "../run.ts";
import { listPlaces } from "../store/nodes.ts";
import { beginRun, lockRun, placeRun, setRunsDue } from "../store/runs.ts";
import { findWorkload } from "../store/workloads.ts";
import { fixedNode } from "../workload.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRun } from "./run-events.ts";
import { endRun } from "./runs.ts";

/** Looks at one run, decides and acts, all in one transaction. Any number may run at once. */
export const stepRun = (deps: ClustersDeps, id: string, watchingSince: Date): Promise<void> =>
  deps.sql.begin(async (tx) => {
    const run = await lockRun(tx, id);
    if (run === null) return;
    const workload = await findWorkload(tx, run.workloadId);
    const now = deps.clock();
    const { action, checkAt } = planRun({
      run,
      fixedNodeId: workload === null ? null : fixedNode(workload),
      nodes: await listPlaces(tx),
      watchingSince,
      now,
    });
    await setRunsDue(tx, [id], action === null ? checkAt : now);
    if (action === null) return;
    if (action.do === "begin") {
      await beginRun(tx, id, now);
      await emitRun(tx, "started", run);
      return;
    }
    const nodeId = action.do === "place" ? action.nodeId : run.nodeId;
    const changes = await changeNodes(tx, deps.signals, nodeId === null ? [] : [nodeId]);
    if (action.do === "place") return await placeRun(tx, id, action.nodeId, now);
    const reason = action.do === "fail" ? action.reason : null;
    await endRun(tx, changes, run, { state: reason === null ? "succeeded" : "failed", reason }, now);
    afterCommit(tx, () => crashpoint("run.recorded"));
  });
