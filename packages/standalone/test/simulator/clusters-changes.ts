import { NODE_LEASE_MS } from "@homeport/clusters/node.ts";
import type { Replica } from "@homeport/clusters/replica.ts";
import { sameTargets, targetsOf } from "@homeport/clusters/route.ts";
import type { Reason, ReleaseSpec, Rollout } from "@homeport/clusters/workload.ts";
import type { NodeId, OrganisationId, ProjectId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import { setRoutes, switched } from "./checks.ts";
import {
  bumpGenerations,
  bumpRevision,
  type ClustersDb,
  drainReplicas,
  makeUnfinishedDue,
  type ReplicaRow,
  type RunRow,
  releaseOf,
  replicasOf,
  stopReplica,
  type WorkloadRow,
} from "./clusters-store.ts";
import { controllerOf } from "./controller-process.ts";
import { poke } from "./deployments-store.ts";
import { scheduleLook } from "./gateways.ts";
import type { Process } from "./process.ts";
import { clockOf, type World } from "./world.ts";

/** One transaction of the clusters app, and what is raised once it is so: nothing of that is if its process dies with it. */
export type Transaction = {
  world: World;
  db: ClustersDb;
  now: Date;
  /** Tells the agents of nodes that their desired states have changed. */
  changeNodes(ids: Iterable<NodeId>): ReadonlyMap<NodeId, number>;
  routesChanged(): void;
  /** Wakes this process's controller. */
  raise(): void;
  lookAgain(): void;
  /** An event in the log, which reaches the deployments app some time. */
  emit(what: { workloadId: WorkloadId } | { runId: string }): void;
};

export const transact = <T>(world: World, by: Process, change: (tx: Transaction) => T): T => {
  const now = clockOf(world, by);
  const nodes = new Set<NodeId>();
  let isRaised = false;
  let areRoutesChanged = false;
  const tx: Transaction = {
    world,
    db: world.clusters,
    now,
    changeNodes(ids) {
      const changes = bumpGenerations(world.clusters, ids);
      for (const id of changes.keys()) nodes.add(id);
      return changes;
    },
    routesChanged() {
      areRoutesChanged = true;
    },
    raise() {
      isRaised = true;
    },
    lookAgain() {
      makeUnfinishedDue(world.clusters, now, NODE_LEASE_MS);
      isRaised = true;
    },
    emit: (what) => poke(world, what),
  };
  const result = change(tx);
  world.isChanged = true;
  if (by.isDying) return result;
  const controller = controllerOf(world, by);
  for (const id of nodes) controller.nodeChanged(id);
  if (isRaised) controller.wake();
  if (areRoutesChanged) scheduleLook(world, by);
  return result;
};

const HOME = "home" as OrganisationId;
const SHOP = "shop" as ProjectId;

/** `insertWorkload` and `beginRollout`. */
export const beginRollout = (
  { db, now }: Transaction,
  current: WorkloadRow | null,
  { workloadId, generation, hosts }: { workloadId: WorkloadId; generation: number; hosts: string[] },
): void => {
  const rollout: Rollout = { state: "running", startedAt: now, phase: { at: "starting" } };
  if (current !== null) {
    Object.assign(current, { generation, rollout, dueAt: now });
    return;
  }
  db.workloads.set(workloadId, {
    id: workloadId,
    organisationId: HOME,
    projectId: SHOP,
    projectSlug: "shop",
    serviceSlug: "api",
    pinnedNodeId: null,
    volumeNodeId: null,
    generation,
    abortedGeneration: 0,
    removing: false,
    rollout,
    serving: null,
    offSince: null,
    repairs: { count: 0, notBefore: null },
    hosts,
    targets: [],
    dueAt: now,
    isReported: true,
  });
};

export const emptyTargets = ({ db, world }: Transaction, workload: WorkloadRow, hosts: string[]): void => {
  bumpRevision(db);
  setRoutes(world, workload, hosts, []);
};

/** `finishRollout`. */
export const finishRollout = (
  tx: Transaction,
  workload: WorkloadRow,
  end: { state: "succeeded" | "aborted" } | { state: "failed"; reason: Reason },
): void => {
  const { startedAt } = workload.rollout;
  workload.rollout = { ...end, startedAt, finishedAt: tx.now };
  tx.emit({ workloadId: workload.id });
};

/** `withdrawRollout`: its candidates stop, and canaries give their traffic back. */
export const withdrawRollout = (tx: Transaction, workload: WorkloadRow, given?: ReadonlyMap<NodeId, number>): void => {
  const { db, world } = tx;
  const replicas = replicasOf(db, workload.id);
  const candidates = replicas.filter(
    ({ role, generation }) => role === "candidate" && generation === workload.generation,
  );
  const changes = given ?? tx.changeNodes(candidates.map(({ nodeId }) => nodeId));
  for (const candidate of candidates) stopReplica(changes, candidate);
  const canaries = replicas.filter(({ role }) => role === "canary");
  if (canaries.length === 0 || !world.rules.givesBack) return;
  drainReplicas(canaries, changeRoutes(tx, workload), tx.now);
  setRoutes(world, workload, workload.hosts, targetsOf(replicasOf(db, workload.id)));
};

/** `changeRoutes`: the revision of a rollout's change of the routes, from the first of which on requests are counted. */
export const changeRoutes = (tx: Transaction, workload: WorkloadRow): number => {
  const revision = bumpRevision(tx.db);
  const release = releaseOf(tx.db, workload.id, workload.generation);
  if (release !== undefined && release.settledAt === null) release.trafficRevision = revision;
  tx.routesChanged();
  return revision;
};

/** `switchTo`: the new replicas have the traffic, the old ones begin to drain, one revision says both. */
export const switchTo = (
  tx: Transaction,
  workload: WorkloadRow,
  release: ReleaseSpec,
  ids: readonly ReplicaId[],
): void => {
  const { db, now, world } = tx;
  const revision = changeRoutes(tx, workload);
  const replicas = replicasOf(db, workload.id);
  switched(world, workload, release, revision);
  drainReplicas(
    replicas.filter(({ role }) => role === "serving"),
    revision,
    now,
  );
  setRole(db, ids, "serving");
  const { startedAt } = workload.rollout;
  workload.rollout = { state: "switching", startedAt, revision, switchedAt: now };
  workload.serving = { generation: workload.generation, since: now };
  workload.offSince = null;
  workload.repairs = { count: 0, notBefore: null };
  setRoutes(world, workload, release.hosts, targetsOf(replicasOf(db, workload.id)));
};

/** `weigh`: a part of the traffic for the canaries. */
export const weigh = (
  tx: Transaction,
  workload: WorkloadRow,
  step: { index: number; percent: number; replicaIds: readonly ReplicaId[] },
): void => {
  const { db, now } = tx;
  const revision = changeRoutes(tx, workload);
  setRole(db, step.replicaIds, "canary");
  const { startedAt } = workload.rollout;
  const phase = {
    at: "canary",
    index: step.index,
    revision,
    since: now,
    acknowledgedAt: null,
    measuredSince: null,
    passedAt: null,
  } as const;
  workload.rollout = { state: "running", startedAt, phase };
  setRoutes(tx.world, workload, workload.hosts, targetsOf(replicasOf(db, workload.id), step.percent));
};

/** `takeOff`: what serves leaves the routes for the release that takes its place. */
export const takeOff = (tx: Transaction, workload: WorkloadRow): void => {
  const replicas = replicasOf(tx.db, workload.id);
  drainReplicas(
    replicas.filter(({ role }) => role === "serving"),
    changeRoutes(tx, workload),
    tx.now,
  );
  workload.offSince ??= tx.now;
  setRoutes(tx.world, workload, workload.hosts, targetsOf(replicasOf(tx.db, workload.id)));
};

/** `promote`: a replica takes the place of the lost one with its number, or of none. */
export const promote = (tx: Transaction, workload: WorkloadRow, replica: ReplicaRow): void => {
  const { db, now } = tx;
  const lost = replicasOf(db, workload.id).filter(
    (each) => each.role === "serving" && each.generation === replica.generation && each.ordinal === replica.ordinal,
  );
  drainReplicas(lost, bumpRevision(db), now);
  replica.role = "serving";
  workload.offSince = null;
  workload.repairs = { count: 0, notBefore: null };
  tx.routesChanged();
};

/** `routeToReplicas`: an address that changed, one that is gone, a drain that is over. */
export const routeToReplicas = (tx: Transaction, workload: WorkloadRow, release: ReleaseSpec): void => {
  if (workload.removing) return;
  const targets = targetsOf(replicasOf(tx.db, workload.id), percentOf(workload, release));
  if (sameTargets(workload.targets, targets)) return;
  bumpRevision(tx.db);
  setRoutes(tx.world, workload, workload.hosts, targets);
  tx.routesChanged();
};

const percentOf = ({ rollout }: WorkloadRow, { strategy }: ReleaseSpec): number | null =>
  rollout.state === "running" && rollout.phase.at === "canary" && strategy.kind === "canary"
    ? (strategy.steps[rollout.phase.index]?.weight ?? null)
    : null;

const setRole = (db: ClustersDb, ids: readonly ReplicaId[], role: "canary" | "serving"): void => {
  for (const id of ids) {
    const replica = db.replicas.get(id);
    if (replica !== undefined) replica.role = role;
  }
};

/** `cancelRuns`. */
export const cancelRuns = (tx: Transaction, changes: ReadonlyMap<NodeId, number>, runs: readonly RunRow[]): void => {
  for (const run of runs) endRun(tx, changes, run, { state: "cancelled", reason: null });
};

/** `endRun`. */
export const endRun = (
  tx: Transaction,
  changes: ReadonlyMap<NodeId, number>,
  run: RunRow,
  { state, reason }: { state: "succeeded" | "failed" | "cancelled"; reason: Reason | null },
): void => {
  if (run.finishedAt !== null) return;
  const stopGeneration = run.nodeId === null ? null : (changes.get(run.nodeId) ?? null);
  Object.assign(run, { state, reason, finishedAt: tx.now, stopGeneration, dueAt: null });
  tx.emit({ runId: run.id });
};

export const newCandidate = (
  fields: Pick<Replica, "id" | "workloadId" | "generation" | "ordinal" | "nodeId">,
  now: Date,
): ReplicaRow => ({
  ...fields,
  role: "candidate",
  state: "pending",
  stateSince: now,
  address: null,
  readyAt: null,
  startedAt: null,
  restarts: 0,
  reason: null,
  exitCode: null,
  drain: null,
  stopGeneration: null,
  stoppedAt: null,
  createdAt: now,
});
