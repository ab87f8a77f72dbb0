import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import { reasonForEvent } from "../reason.ts";
import { type Action, plan, type RolloutView } from "../rollout.ts";
import { sameTargets, targetsOf } from "../route.ts";
import { listPlaces } from "../store/nodes.ts";
import { listReleases, removeUnusedReleases } from "../store/releases.ts";
import { removeWorkload } from "../store/removed-workloads.ts";
import { acknowledgeDrain, drainServing, listReplicas, removeReplica, setServing } from "../store/replicas.ts";
import { bumpRevision, setTargets } from "../store/routes.ts";
import { findWorkload, finishRollout, lockWorkload, setDue, setSwitching } from "../store/workloads.ts";
import { changeNode, startCandidate, stopCandidate, stopReplica } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";
import { emitRemoved, emitRollout } from "./rollout-events.ts";

/** What a step is told from outside the database. */
export type StepFacts = { gatewayRevision: number | null; watchingSince: Date };

/**
 * Looks at one workload, decides and acts, all in one transaction: whatever is killed, a workload is before a step or
 * after it, and the next look goes on from there. Any number may run at once.
 */
export const stepWorkload = (deps: ClustersDeps, id: WorkloadId, facts: StepFacts): Promise<void> =>
  deps.sql.begin(async (tx) => {
    const workload = await lockWorkload(tx, id);
    if (workload === null) return;
    const releases = await listReleases(tx, id);
    const release = releases.get(workload.generation);
    invariant(release !== undefined, "the newest release of a workload is never forgotten before the workload");
    const view: RolloutView = {
      workload,
      release,
      replicas: await listReplicas(tx, id),
      graceSeconds: new Map([...releases].map(([generation, { graceSeconds }]) => [generation, graceSeconds])),
      nodes: await listPlaces(tx),
      now: deps.clock(),
      ...facts,
    };
    const { actions, checkAt } = plan(view);
    // One after the other: each is a change of this workload's rows, and most plans have one.
    for (const action of actions) await carryOut(deps, tx, view, action);
    if (actions.some((action) => action.do === "remove_workload")) return;
    await routeToReplicas(deps, tx, id);
    await setDue(tx, [id], actions.length > 0 ? view.now : checkAt);
  });

const carryOut = async (deps: ClustersDeps, tx: Tx, view: RolloutView, action: Action): Promise<void> => {
  const { workload, release, now } = view;
  switch (action.do) {
    case "start_candidate":
      return await startCandidate(tx, deps.signals, workload, action.nodeId, now);
    case "switch":
      return await switchTo(deps, tx, view, action.replicaId);
    case "succeed":
      await finishRollout(tx, workload.id, { state: "succeeded" }, now);
      await emitRollout(tx, "succeeded", workload, release, { replicaId: servingOf(view) });
      return;
    case "fail":
      await stopCandidate(tx, deps.signals, view.replicas);
      await finishRollout(tx, workload.id, { state: "failed", reason: action.reason }, now);
      await emitRollout(tx, "failed", workload, release, { reason: reasonForEvent(action.reason) });
      return;
    case "acknowledge_drain":
      return await acknowledgeDrain(tx, action.replicaId, now);
    case "stop":
      return await stopReplica(tx, deps.signals, replicaOf(view, action.replicaId));
    case "forget": {
      const { nodeId } = replicaOf(view, action.replicaId);
      await removeReplica(tx, action.replicaId);
      await changeNode(tx, deps.signals, nodeId);
      return await removeUnusedReleases(tx, workload.id);
    }
    case "remove_workload":
      await removeWorkload(tx, workload.id, now);
      await emitRemoved(tx, workload);
      return;
  }
};

/** The moment of a deploy: the candidate has the traffic, the old replica begins to drain, one revision says both. */
const switchTo = async (deps: ClustersDeps, tx: Tx, view: RolloutView, replicaId: ReplicaId): Promise<void> => {
  const { workload, release, now } = view;
  // From now on it is started again when it ends. Nodes are locked before routes, as everywhere, or two wait for each other.
  await changeNode(tx, deps.signals, replicaOf(view, replicaId).nodeId);
  const revision = await bumpRevision(tx);
  await drainServing(tx, workload.id, revision, now);
  await setServing(tx, replicaId);
  await setSwitching(tx, workload.id, revision, now);
  await setTargets(tx, workload.id, release.hosts, targetsOf(await listReplicas(tx, workload.id)));
  afterCommit(tx, () => deps.signals.routes.raise());
};

/** Brings the routes in line with the replicas: an address that changed, one that is gone, a drain that is over. */
const routeToReplicas = async (deps: ClustersDeps, tx: Tx, id: WorkloadId): Promise<void> => {
  const workload = await findWorkload(tx, id);
  if (workload === null || workload.removing) return;
  const targets = targetsOf(await listReplicas(tx, id));
  if (sameTargets(workload.targets, targets)) return;
  await bumpRevision(tx);
  await setTargets(tx, id, workload.hosts, targets);
  afterCommit(tx, () => deps.signals.routes.raise());
};

const replicaOf = (view: RolloutView, id: ReplicaId) => {
  const replica = view.replicas.find((each) => each.id === id);
  invariant(replica !== undefined, "a plan names replicas of its own view");
  return replica;
};

const servingOf = (view: RolloutView): ReplicaId | null =>
  view.replicas.find(({ role }) => role === "serving")?.id ?? null;
