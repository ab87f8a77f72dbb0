import { invariant } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import { plan, type RolloutView } from "../rollout.ts";
import { listMeasuring } from "../store/measurements.ts";
import { listPlaces } from "../store/nodes.ts";
import { listReleases } from "../store/releases.ts";
import { listReplicas } from "../store/replicas.ts";
import { lockWorkload, setDue } from "../store/workloads.ts";
import { carryOut, nodesOf } from "./carry-out.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { knownTraffic, readStepTraffic } from "./measure-traffic.ts";
import { routeToReplicas } from "./move-traffic.ts";

/** What a step is told from outside the database; `traffic` is null when nobody was asked, or nobody answered. */
export type StepFacts = { gatewayRevision: number | null; watchingSince: Date; traffic: TrafficSnapshot | null };

/**
 * Looks at one workload, decides and acts, all in one transaction: whatever is killed, a workload is before a step or
 * after it, and the next look goes on from there. Any number may run at once.
 */
export const stepWorkload = (deps: ClustersDeps, id: WorkloadId, facts: StepFacts): Promise<void> =>
  deps.sql.begin(async (tx) => {
    const workload = await lockWorkload(tx, id);
    if (workload === null) return;
    const { signals } = deps;
    const { gatewayRevision, watchingSince, traffic } = facts;
    const releases = await listReleases(tx, id);
    const release = releases.get(workload.generation);
    invariant(release !== undefined, "the newest release of a workload is never forgotten before the workload");
    const replicas = await listReplicas(tx, id);
    const known = knownTraffic(traffic, gatewayRevision);
    const view: RolloutView = {
      workload,
      release,
      servingRelease: workload.serving === null ? null : (releases.get(workload.serving.generation) ?? null),
      replicas,
      graceSeconds: new Map([...releases].map(([generation, { graceSeconds }]) => [generation, graceSeconds])),
      nodes: await listPlaces(tx),
      gatewayRevision,
      isTrafficKnown: known !== null,
      stepTraffic: await readStepTraffic(tx, { workload, replicas }, known),
      measuring: await listMeasuring(tx, id),
      watchingSince,
      now: deps.clock(),
    };
    const { actions, checkAt } = plan(view);
    // All nodes first, then the routes: the order in which everybody locks them, or two would wait for each other.
    const changes = await changeNodes(
      tx,
      signals,
      actions.flatMap((action) => nodesOf(view, action)),
    );
    // One after the other: each is a change of this workload's rows, and most plans have one.
    for (const action of actions) await carryOut({ tx, signals, view, traffic, changes }, action);
    if (actions.some((action) => action.do === "remove_workload")) return;
    await routeToReplicas(tx, signals, id, release);
    await setDue(tx, [id], actions.length > 0 ? view.now : checkAt);
  });
