import type { Measuring, Place } from "@homeport/clusters/plan.ts";
import type { Replica } from "@homeport/clusters/replica.ts";
import type { Run } from "@homeport/clusters/run.ts";
import type { ReleaseSpec, Workload } from "@homeport/clusters/workload.ts";
import type { NodeId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Target } from "@homeport/kit/registry/record.ts";

/**
 * The database of the clusters app. A transaction is one happening that changes these objects: whatever is killed, it has
 * happened or it has not, and nobody sees half of it. That is what locks give the real one:
 *
 * - all changes of a workload and its replicas take turns (`lockWorkload`): clusters/test/concurrency.test.ts, "start each
 *   replica of a release once, and switch once"
 * - a step reads, decides and acts in one transaction (`stepWorkload`), so a killed controller leaves a workload before or
 *   after a step: clusters/test/crashes.test.ts
 * - a put and a removal of one id take turns (`lockWorkloadId`), and a removed one never comes back:
 *   clusters/test/concurrency.test.ts, "in the moment of a put does not come back with it"
 * - generations of nodes grow in the transaction of the change (`bumpGenerations`): clusters/test/nodes.test.ts, "the desired
 *   state of a node is whole, and a change of it has a higher generation"
 * - a report older than one that was taken is not taken (`acceptReport`): clusters/test/nodes.test.ts, "a report that was
 *   overtaken by a later one is ignored"
 */
export type ReplicaRow = Replica & { stopGeneration: number | null };

/** `isReported`: something of its replicas was reported since its last step. */
export type WorkloadRow = Workload & { dueAt: Date | null; isReported: boolean };

export type ReleaseRow = {
  generation: number;
  spec: ReleaseSpec;
  trafficRevision: number | null;
  drainedAt: Date | null;
  settledAt: Date | null;
};

export type RunRow = Run & { dueAt: Date | null };

export type NodeRow = { id: NodeId; generation: number; lastSeenAt: Date; reportSequence: number };

export type ClustersDb = {
  nodes: Map<NodeId, NodeRow>;
  workloads: Map<WorkloadId, WorkloadRow>;
  replicas: Map<ReplicaId, ReplicaRow>;
  releases: Map<WorkloadId, ReleaseRow[]>;
  runs: Map<string, RunRow>;
  removed: Set<WorkloadId>;
  /** Generations that were given up before their workload was known. NOTE: the real store forgets these; see `abortRollout`. */
  givenUp: Map<WorkloadId, number>;
  revision: number;
};

export const emptyClusters = (): ClustersDb => ({
  nodes: new Map(),
  workloads: new Map(),
  replicas: new Map(),
  releases: new Map(),
  runs: new Map(),
  removed: new Set(),
  givenUp: new Map(),
  revision: 0,
});

export const replicasOf = (db: ClustersDb, id: WorkloadId): ReplicaRow[] => {
  const own: ReplicaRow[] = [];
  for (const replica of db.replicas.values()) if (replica.workloadId === id) own.push(replica);
  return own;
};

export const releaseOf = (db: ClustersDb, id: WorkloadId, generation: number | undefined): ReleaseRow | undefined =>
  db.releases.get(id)?.find((release) => release.generation === generation);

/** `listPlaces`. */
export const placesOf = (db: ClustersDb): Place[] =>
  [...db.nodes.values()].map(({ id, lastSeenAt }) => ({ nodeId: id, lastSeenAt, replicaCount: countOn(db, id) }));

const countOn = (db: ClustersDb, id: NodeId): number => {
  let count = 0;
  for (const { nodeId } of db.replicas.values()) if (nodeId === id) count += 1;
  for (const { nodeId, goneAt } of db.runs.values()) if (nodeId === id && goneAt === null) count += 1;
  return count;
};

/** `listMeasuring`. */
export const measuringOf = (db: ClustersDb, id: WorkloadId): Measuring[] =>
  (db.releases.get(id) ?? []).flatMap(({ generation, trafficRevision, drainedAt, settledAt }) =>
    trafficRevision === null || settledAt !== null ? [] : [{ generation, revision: trafficRevision, drainedAt }],
  );

/** `bumpGenerations`: the generations that have this transaction's changes. */
export const bumpGenerations = (db: ClustersDb, ids: Iterable<NodeId>): Map<NodeId, number> => {
  const changed = new Map<NodeId, number>();
  for (const id of new Set(ids)) {
    const node = db.nodes.get(id);
    if (node === undefined) continue;
    node.generation += 1;
    changed.set(id, node.generation);
  }
  return changed;
};

export const bumpRevision = (db: ClustersDb): number => {
  db.revision += 1;
  return db.revision;
};

/** `setStopping`: only the first request counts. */
export const stopReplica = (changes: ReadonlyMap<NodeId, number>, replica: ReplicaRow): void => {
  if (replica.role === "stopping") return;
  const generation = changes.get(replica.nodeId);
  if (generation === undefined) throw new Error("the node of a replica that is stopped is among those that change");
  replica.role = "stopping";
  replica.stopGeneration = generation;
};

/** `drainReplicas`: takes the traffic of those that have some. */
export const drainReplicas = (replicas: readonly ReplicaRow[], revision: number, now: Date): void => {
  for (const replica of replicas) {
    if (replica.role !== "serving" && replica.role !== "canary") continue;
    replica.role = "draining";
    replica.drain = { revision, since: now, acknowledgedAt: null };
  }
};

/** `setTargets`. */
export const setTargets = (workload: WorkloadRow, hosts: string[], targets: Target[]): void => {
  workload.hosts = hosts;
  workload.targets = targets;
};

/** `removeUnusedReleases`. */
export const removeUnusedReleases = (db: ClustersDb, workload: Workload): void => {
  const used = new Set(replicasOf(db, workload.id).map(({ generation }) => generation));
  const kept = (db.releases.get(workload.id) ?? []).filter(
    ({ generation, trafficRevision, settledAt }) =>
      generation === workload.generation ||
      generation === workload.serving?.generation ||
      (trafficRevision !== null && settledAt === null) ||
      used.has(generation),
  );
  db.releases.set(workload.id, kept);
};

/** `makeUnfinishedDue` and `makeUnfinishedRunsDue`. */
export const makeUnfinishedDue = (db: ClustersDb, now: Date, leaseMs: number): void => {
  const isSilent = (id: NodeId): boolean => (db.nodes.get(id)?.lastSeenAt.getTime() ?? 0) < now.getTime() - leaseMs;
  for (const workload of db.workloads.values()) {
    if (workload.dueAt !== null && workload.dueAt <= now) continue;
    const { removing, offSince, rollout } = workload;
    const isUnfinished =
      removing ||
      offSince !== null ||
      rollout.state === "running" ||
      rollout.state === "switching" ||
      replicasOf(db, workload.id).some(({ role, nodeId }) => role !== "serving" || isSilent(nodeId)) ||
      measuringOf(db, workload.id).length > 0;
    if (isUnfinished) workload.dueAt = now;
  }
  for (const run of db.runs.values()) {
    if (run.finishedAt === null && (run.dueAt === null || run.dueAt > now)) run.dueAt = now;
  }
};
