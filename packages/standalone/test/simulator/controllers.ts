import { NODE_LEASE_MS } from "@homeport/clusters/node.ts";
import type { Action, RolloutView } from "@homeport/clusters/rollout.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { carryOut, nodesOf } from "./carry-out.ts";
import { lowestRevision } from "./clusters-api.ts";
import { endRun, routeToReplicas, transact } from "./clusters-changes.ts";
import { makeUnfinishedDue, measuringOf, placesOf, releaseOf, replicasOf } from "./clusters-store.ts";
import type { Controller } from "./controller-process.ts";
import { scheduleLook, stepTrafficOf } from "./gateways.ts";
import { isCut } from "./network.ts";
import { createProcess, type Process } from "./process.ts";
import { clockOf, dateOf, later, note, type World } from "./world.ts";

const IDLE_MS = 5_000;
const SWEEP_MS = 30_000;

export const addController = (world: World, name: string): Controller => {
  const process = createProcess(name, "clusters");
  let isBusy = false;
  let isRung = false;
  let watchingSince = dateOf(0);
  let sweepAt = 0;
  const waitMs = (): number => {
    const { random } = world;
    return random.chance(0.1) ? random.int(80, 400) : random.int(10, 80);
  };
  const idle = (): void => {
    isBusy = false;
    if (isRung) {
      begin();
      return;
    }
    const now = clockOf(world, process).getTime();
    let next = IDLE_MS;
    for (const { dueAt } of world.clusters.workloads.values())
      if (dueAt !== null) next = Math.min(next, Math.max(1, dueAt.getTime() - now));
    for (const { dueAt } of world.clusters.runs.values())
      if (dueAt !== null) next = Math.min(next, Math.max(1, dueAt.getTime() - now));
    const at = world.now + next;
    pausedUntil = at;
    later(world, process, next, () => {
      if (!isBusy && pausedUntil === at) begin();
    });
  };
  let pausedUntil = 0;
  const begin = (): void => {
    isBusy = true;
    isRung = false;
    if (world.now >= sweepAt) {
      makeUnfinishedDue(world.clusters, clockOf(world, process), NODE_LEASE_MS);
      sweepAt = world.now + SWEEP_MS;
    }
    const now = clockOf(world, process);
    const ids: WorkloadId[] = [];
    const runs: string[] = [];
    for (const { id, dueAt } of world.clusters.workloads.values()) if (dueAt !== null && dueAt <= now) ids.push(id);
    for (const { id, dueAt } of world.clusters.runs.values()) if (dueAt !== null && dueAt <= now) runs.push(id);
    if (ids.length + runs.length === 0) {
      idle();
      return;
    }
    const isKnown = !isCut(world, process);
    next(ids, runs, { revision: lowestRevision(world, process, controller.knownGateways), isKnown });
  };
  /** One transaction after the other; what gateways said may be old by the time of the last. */
  const next = (ids: WorkloadId[], runs: string[], told: Told): void => {
    later(world, process, waitMs(), () => {
      const [id, ...others] = ids;
      if (id !== undefined) {
        stepWorkload(world, process, id, told, watchingSince);
        return others.length + runs.length === 0 ? begin() : next(others, runs, told);
      }
      const [run, ...otherRuns] = runs;
      if (run !== undefined) stepRun(world, process, run, watchingSince);
      if (otherRuns.length === 0) return begin();
      next([], otherRuns, told);
    });
  };
  const controller: Controller = {
    process,
    waiters: new Set(),
    published: { revision: -1, beatAt: 0 },
    knownGateways: new Map(),
    wake() {
      isRung = true;
      if (!isBusy) later(world, process, 0, () => (isBusy ? undefined : begin()));
    },
    nodeChanged(nodeId) {
      for (const waiter of controller.waiters) if (waiter.nodeId === nodeId) later(world, process, 0, waiter.answer);
    },
  };
  process.begin = () => {
    watchingSince = clockOf(world, process);
    isBusy = false;
    isRung = true;
    sweepAt = 0;
    controller.published = { revision: -1, beatAt: 0 };
    idle();
    scheduleLook(world, process);
  };
  process.end = () => {
    controller.waiters.clear();
    controller.knownGateways.clear();
  };
  world.processes.push(process);
  world.controllers.push(controller);
  process.begin();
  return controller;
};

/** What gateways said before a step; it may be old by then. */
type Told = { revision: number | null; isKnown: boolean };

/** `stepWorkload`: looks, decides and acts in one transaction. */
const stepWorkload = (world: World, by: Process, id: WorkloadId, told: Told, watchingSince: Date): void =>
  transact(world, by, (tx) => {
    const { db, now } = tx;
    const workload = db.workloads.get(id);
    if (workload === undefined) return;
    const releases = db.releases.get(id) ?? [];
    const release = releaseOf(db, id, workload.generation)?.spec;
    if (release === undefined) throw new Error("the newest release of a workload is kept");
    const { rollout } = workload;
    const since = rollout.state === "running" && rollout.phase.at === "canary" ? rollout.phase.measuredSince : null;
    const view: RolloutView = {
      workload,
      release,
      servingRelease: releaseOf(db, id, workload.serving?.generation)?.spec ?? null,
      replicas: replicasOf(db, id),
      graceSeconds: new Map(releases.map(({ generation, spec }) => [generation, spec.graceSeconds])),
      nodes: placesOf(db),
      gatewayRevision: told.revision,
      isTrafficKnown: told.isKnown,
      stepTraffic: since === null || !told.isKnown ? null : stepTrafficOf(world, release, since, now),
      measuring: measuringOf(db, id),
      watchingSince,
      now,
    };
    const { actions, checkAt } = world.rules.planWorkload(view);
    const changes = tx.changeNodes(actions.flatMap((action) => nodesOf(view, action)));
    for (const action of actions) {
      if (world.trace !== null) note(world, `${by.name} ${id}: ${inWords(action)}`);
      carryOut(tx, workload, view, changes, action);
    }
    if (actions.some((action) => action.do === "remove_workload")) return;
    // What it would find is what it left there, unless something of the workload has changed since.
    if (actions.length > 0 || workload.isReported) routeToReplicas(tx, workload, release);
    workload.isReported = false;
    workload.dueAt = actions.length > 0 ? now : checkAt;
  });

const inWords = (action: Action): string => JSON.stringify(action);

/** `stepRun`. */
const stepRun = (world: World, by: Process, id: string, watchingSince: Date): void =>
  transact(world, by, (tx) => {
    const { db, now } = tx;
    const run = db.runs.get(id);
    if (run === undefined) return;
    const workload = db.workloads.get(run.workloadId);
    const fixedNodeId = workload?.volumeNodeId ?? workload?.pinnedNodeId ?? null;
    const { action, checkAt } = world.rules.planRun({ run, fixedNodeId, nodes: placesOf(db), watchingSince, now });
    if (run.finishedAt === null) run.dueAt = action === null ? checkAt : now;
    if (action === null) return;
    if (world.trace !== null) note(world, `${by.name} ${id}: ${JSON.stringify(action)}`);
    if (action.do === "begin") {
      run.state = "running";
      run.startedAt ??= now;
      return;
    }
    const nodeId = action.do === "place" ? action.nodeId : run.nodeId;
    const changes = tx.changeNodes(nodeId === null ? [] : [nodeId]);
    if (action.do === "place") {
      Object.assign(run, { nodeId, placedAt: now });
      return;
    }
    const reason = action.do === "fail" ? action.reason : null;
    endRun(tx, changes, run, { state: reason === null ? "succeeded" : "failed", reason });
  });
