import type { ObservedState } from "@homeport/clusters/contract.ts";
import { judgeReport } from "@homeport/clusters/report.ts";
import { judgeRunReport } from "@homeport/clusters/run.ts";
import type { ReleaseSpec } from "@homeport/clusters/workload.ts";
import type { NodeId, WorkloadId } from "@homeport/kit/ids.ts";
import { GATEWAY_LEASE_MS } from "@homeport/kit/registry/keys.ts";
import {
  beginRollout,
  cancelRuns,
  emptyTargets,
  finishRollout,
  type Transaction,
  transact,
  withdrawRollout,
} from "./clusters-changes.ts";
import {
  bumpRevision,
  drainReplicas,
  type RunRow,
  releaseOf,
  removeUnusedReleases,
  replicasOf,
  stopReplica,
} from "./clusters-store.ts";
import { expireGateways } from "./gateways.ts";
import { isCut } from "./network.ts";
import type { Process } from "./process.ts";
import { clockOf, type World } from "./world.ts";

/** What the clusters app answers: each function is one transaction, and a string is a refusal. */
export type Put = { workloadId: WorkloadId; generation: number; spec: ReleaseSpec };

/** `putWorkload`. */
export const putWorkload = (world: World, by: Process, { workloadId, generation, spec }: Put): string | null =>
  transact(world, by, (tx) => {
    const { db } = tx;
    if (db.removed.has(workloadId)) return "gone";
    if (generation <= (db.givenUp.get(workloadId) ?? 0)) return "conflict";
    const current = db.workloads.get(workloadId);
    if (current === undefined) {
      beginRollout(tx, null, { workloadId, generation, hosts: spec.hosts });
      bumpRevision(db);
    } else {
      if (current.removing || generation < current.generation) return "conflict";
      if (generation > current.generation && generation <= current.abortedGeneration) return "conflict";
      if (generation === current.generation) {
        return releaseOf(db, workloadId, generation)?.spec.releaseId === spec.releaseId ? null : "conflict";
      }
      if (current.rollout.state === "running") withdrawRollout(tx, current);
      beginRollout(tx, current, { workloadId, generation, hosts: spec.hosts });
      if (current.serving === null) emptyTargets(tx, current, spec.hosts);
    }
    const releases = db.releases.get(workloadId) ?? [];
    releases.push({ generation, spec, trafficRevision: null, drainedAt: null, settledAt: null });
    db.releases.set(workloadId, releases);
    const workload = db.workloads.get(workloadId);
    if (workload !== undefined) removeUnusedReleases(db, workload);
    tx.routesChanged();
    tx.raise();
    return null;
  });

/** `abortRollout`. */
export const abortRollout = (world: World, by: Process, workloadId: WorkloadId, generation: number): string | null =>
  transact(world, by, (tx) => {
    const workload = tx.db.workloads.get(workloadId);
    if (workload === undefined) {
      // As clusters' concurrency.test.ts shows: a first put that arrives after its abort is refused.
      tx.db.givenUp.set(workloadId, generation);
      return "not_found";
    }
    if (generation > workload.generation) {
      workload.abortedGeneration = Math.max(workload.abortedGeneration, generation);
      return null;
    }
    if (generation < workload.generation || workload.rollout.state !== "running") return null;
    withdrawRollout(tx, workload);
    finishRollout(tx, workload, { state: "aborted" });
    workload.dueAt = tx.now;
    tx.raise();
    return null;
  });

/** `startRemoval`. */
export const removeWorkload = (world: World, by: Process, workloadId: WorkloadId): void =>
  transact(world, by, (tx) => {
    const { db, now } = tx;
    const workload = db.workloads.get(workloadId);
    const runs = [...db.runs.values()].filter((run) => run.workloadId === workloadId && run.finishedAt === null);
    const nodes = runs.flatMap(({ nodeId }) => nodeId ?? []);
    if (workload === undefined) {
      cancelRuns(tx, tx.changeNodes(nodes), runs);
      db.removed.add(workloadId);
      return;
    }
    if (workload.removing) return;
    const replicas = replicasOf(db, workloadId);
    const candidates = replicas.filter(({ role }) => role === "candidate");
    const changes = tx.changeNodes([...candidates.map(({ nodeId }) => nodeId), ...nodes]);
    for (const candidate of candidates) stopReplica(changes, candidate);
    cancelRuns(tx, changes, runs);
    if (workload.rollout.state === "running" || workload.rollout.state === "switching")
      finishRollout(tx, workload, { state: "aborted" });
    drainReplicas(replicas, bumpRevision(db), now);
    workload.removing = true;
    workload.targets = [];
    workload.serving = null;
    workload.offSince = null;
    workload.dueAt = now;
    tx.routesChanged();
    tx.raise();
  });

/** `createRun`; null for one that is known or new. */
export const createRun = (
  world: World,
  by: Process,
  wanted: Pick<RunRow, "id" | "workloadId" | "spec">,
): string | null =>
  transact(world, by, (tx) => {
    const { db, now } = tx;
    if (db.runs.has(wanted.id)) return null;
    if (db.removed.has(wanted.workloadId)) return "gone";
    if (db.workloads.get(wanted.workloadId)?.removing === true) return "conflict";
    db.runs.set(wanted.id, { ...EMPTY_RUN, ...wanted, createdAt: now, dueAt: now } as RunRow);
    tx.raise();
    return null;
  });

const EMPTY_RUN = {
  projectSlug: "shop",
  serviceSlug: "api",
  command: ["migrate"],
  timeoutSeconds: 8,
  wantedNodeId: null,
  nodeId: null,
  state: "pending",
  observed: "pending",
  exitCode: null,
  reason: null,
  placedAt: null,
  startedAt: null,
  finishedAt: null,
  stopGeneration: null,
  goneAt: null,
};

/** `cancelRun`. */
export const cancelRun = (world: World, by: Process, id: string): RunRow | null =>
  transact(world, by, (tx) => {
    const run = tx.db.runs.get(id);
    if (run === undefined || run.finishedAt !== null) return run ?? null;
    cancelRuns(tx, tx.changeNodes(run.nodeId === null ? [] : [run.nodeId]), [run]);
    return run;
  });

/** `registerNode`. */
export const hello = (world: World, by: Process, id: NodeId, appliedGeneration: number): void =>
  transact(world, by, (tx) => {
    const node = tx.db.nodes.get(id);
    if (node === undefined) {
      tx.db.nodes.set(id, { id, generation: appliedGeneration + 1, lastSeenAt: tx.now, reportSequence: 0 });
    } else {
      node.lastSeenAt = tx.now;
      node.reportSequence = 0;
      if (node.generation < appliedGeneration) node.generation = appliedGeneration + 1;
    }
    tx.lookAgain();
  });

/** `touchNode`. */
export const touchNode = (world: World, by: Process, id: NodeId): boolean => {
  const node = world.clusters.nodes.get(id);
  if (node === undefined) return false;
  const now = clockOf(world, by);
  if (node.lastSeenAt < now) node.lastSeenAt = now;
  return true;
};

/** What a report is about, read before its transaction as `findConcerned` does. */
export const concernedBy = (world: World, by: Process, nodeId: NodeId, report: ObservedState) => {
  const { replicas, runs } = world.clusters;
  const now = clockOf(world, by);
  const workloads = new Set<WorkloadId>();
  for (const replica of replicas.values()) {
    if (replica.nodeId === nodeId && judgeReport(replica, report, now) !== null) workloads.add(replica.workloadId);
  }
  const changed = [...runs.values()].filter(
    (run) => run.nodeId === nodeId && run.goneAt === null && judgeRunReport(run, report, now) !== null,
  );
  return { workloads, runs: new Set(changed.map(({ id }) => id)) };
};

/** `recordReport`; whether it was taken, null when the node is not known. */
export const recordReport = (
  world: World,
  by: Process,
  nodeId: NodeId,
  report: ObservedState,
  concerned: ReturnType<typeof concernedBy>,
): boolean | null =>
  transact(world, by, (tx) => {
    const { db, now } = tx;
    const node = db.nodes.get(nodeId);
    if (node === undefined) return null;
    const sequence = report.sequence ?? 0;
    if (sequence <= node.reportSequence) return false;
    if (node.lastSeenAt < now) node.lastSeenAt = now;
    node.reportSequence = sequence;
    if (concerned.workloads.size > 0) {
      for (const replica of db.replicas.values()) {
        if (replica.nodeId !== nodeId || !concerned.workloads.has(replica.workloadId)) continue;
        const next = judgeReport(replica, report, now);
        if (next !== null) Object.assign(replica, next);
      }
      for (const id of concerned.workloads) due(tx, id);
      tx.raise();
    }
    let isGone = false;
    for (const id of concerned.runs) {
      const run = db.runs.get(id);
      const next = run === undefined || run.goneAt !== null ? null : judgeRunReport(run, report, now);
      if (run === undefined || next === null) continue;
      Object.assign(run, next);
      isGone ||= next.goneAt !== null;
      if (run.finishedAt === null) run.dueAt = now;
    }
    if (isGone) tx.changeNodes([nodeId]);
    if (concerned.runs.size > 0) tx.raise();
    return true;
  });

const due = (tx: Transaction, id: WorkloadId): void => {
  const workload = tx.db.workloads.get(id);
  if (workload !== undefined) Object.assign(workload, { dueAt: tx.now, isReported: true });
};

/** The lowest revision that a gateway says it serves, as `createGateways` remembers it; null without any. */
export const lowestRevision = (
  world: World,
  by: Process,
  known: Map<string, { revision: number; seenAt: number }>,
): number | null => {
  if (isCut(world, by)) return 0; // it takes too long, as if they had not answered
  expireGateways(world);
  for (const [instance, { revision }] of world.valkey.gateways) known.set(instance, { revision, seenAt: world.now });
  let lowest: number | null = null;
  for (const [instance, { revision, seenAt }] of known) {
    if (world.now - seenAt > GATEWAY_LEASE_MS) known.delete(instance);
    else lowest = lowest === null ? revision : Math.min(lowest, revision);
  }
  return lowest;
};
