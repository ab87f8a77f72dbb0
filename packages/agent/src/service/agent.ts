import { join } from "node:path";
import { type DesiredReplica, type DesiredState, type ImageRef, MAX_LAST_LINES } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { createBell } from "../bell.ts";
import { explainExit } from "../exit-reason.ts";
import { log } from "../log.ts";
import { observe } from "../observe.ts";
import type { ContainerEngine, ControlPlane, Credentials, EngineReplica, LogSink, Observation } from "../ports.ts";
import { plan, refusalOf } from "../reconcile.ts";
import { sleep } from "../sleep.ts";
import { createActions } from "./actions.ts";
import { createTaskWork } from "./carry-out-task.ts";
import { createDiskBudget } from "./disk-budget.ts";
import { desiredPath, followDesired, loadDesired } from "./follow-desired.ts";
import { createImageHolder } from "./hold-images.ts";
import { createMemories } from "./memories.ts";
import { namedServices } from "./named-services.ts";
import { createReporter } from "./report-observed.ts";
import { openSeenEpochs } from "./seen-epochs.ts";
import { createShells } from "./shells.ts";
import { createLogShipper } from "./ship-logs.ts";
import { createSnapshots } from "./snapshots.ts";
import { openStartedRuns } from "./started-runs.ts";
import { openTaskFiles } from "./task-files.ts";
import { createTasks } from "./tasks.ts";
import { createHealthWatch } from "./watch-health.ts";

/** How often everything is looked at although nothing seems to have happened; repairs what was changed by hand. */
const LOOK_EVERY_MS = 10_000;
const RETRY_MS = 1_000;
/** Beyond the longest grace: for delivering logs and removing folders. */
const EMPTY_MARGIN_MS = 30_000;

export type AgentParts = {
  nodeId: string;
  /** The agent's own folder. */
  dataDir: string;
  engine: ContainerEngine;
  controlPlane: ControlPlane;
  logSink: LogSink;
  credentials(): Promise<Credentials>;
  /** How long an image that nothing uses is kept, so that a rollback need not pull it again. */
  keepImagesMs: number;
};

export type RunningAgent = {
  /** Settles once `signal` is aborted and everything is let go; the replicas go on running. */
  ended: Promise<void>;
  /**
   * Stops and removes all replicas as if they were not wanted any more, each with its own grace and with its last lines
   * delivered, without telling the control plane and without forgetting that they are wanted.
   */
  emptyNode(): Promise<void>;
};

export const runAgent = async (parts: AgentParts, signal: AbortSignal): Promise<RunningAgent> => {
  const { engine, nodeId } = parts;
  const storedAt = desiredPath(parts.dataDir);
  let desired: DesiredState | null = await loadDesired(storedAt, nodeId);
  let leaving: PromiseWithResolvers<void> | null = null;
  let replicas: EngineReplica[] = [];
  let informed = false;

  const bell = createBell();
  const memories = createMemories();
  const runs = await openStartedRuns(join(parts.dataDir, "runs.json"));
  for (const id of runs.ids()) memories.ran(id);
  const epochs = await openSeenEpochs(join(parts.dataDir, "epochs.json"), desired);
  const reporter = createReporter(parts.controlPlane);
  const shipper = createLogShipper(engine, parts.logSink, join(parts.dataDir, "logs"));
  const health = createHealthWatch({
    lastLines: (id) => engine.lastLines(id, MAX_LAST_LINES).catch(() => []),
    listeners: (id) => engine.listeners(id).catch(() => []),
    changed: bell.ring,
    failed(id, reason) {
      memories.fail(id, reason);
      bell.ring();
    },
  });
  const actions = createActions(engine, shipper, parts.credentials, {
    changed: bell.ring,
    startFailed(replica, reason, final) {
      memories.startFailed(replica, reason, final, Date.now());
      if (reason.code === "disk_full") budget.needSpace();
    },
    started(replica, again) {
      memories.started(replica, again);
      work.noteStart(replica.volumes, Date.now());
    },
    removed: (id) => memories.forget(id),
    async runBegins(id) {
      await runs.begin(id);
      memories.ran(id);
    },
  });

  /** Images that may not be tidied away; null while nothing is known. */
  const wantedImages = (): ImageRef[] | null =>
    desired === null ? null : [...desired.replicas.map(({ image }) => image), ...desired.images];
  const budget = createDiskBudget(engine, { keepImagesMs: parts.keepImagesMs, wanted: wantedImages });
  const holder = createImageHolder(engine, parts.credentials);
  const snapshots = createSnapshots(join(parts.dataDir, "snapshots"));
  await snapshots.removeLeftovers();
  const work = createTaskWork({
    engine,
    snapshots,
    budget,
    epochs: epochs.current,
    wantedImages,
    isStarting: (volumeId) => actions.isStarting(volumeId),
  });
  const taskFiles = await openTaskFiles(join(parts.dataDir, "tasks"));
  const tasks = createTasks(taskFiles, await taskFiles.load(), { carryOut: work.carryOut, changed: bell.ring });

  const shells = createShells(parts);

  /** What the node acts on: the control plane's wish, or the end of it all. */
  const goal = (): DesiredState | null =>
    leaving === null || desired === null ? desired : { ...desired, replicas: desired.replicas.map(asStopped) };

  const wanted = (): DesiredReplica[] => goal()?.replicas ?? [];

  /** One look at everything, and the beginning of what follows from it. Returns when the next look is due, at the latest. */
  const look = async (): Promise<number> => {
    actions.forgetTouched();
    replicas = await engine.list();
    const state = goal();
    if (leaving !== null && replicas.length === 0) leaving.resolve();
    if (state === null) return LOOK_EVERY_MS; // nothing is known, so nothing is touched
    memories.keepOnly(new Set([...state.replicas, ...replicas].map(({ id }) => id)));
    memories.countEnds(replicas, Date.now());
    const running = new Set(state.replicas.flatMap(({ id, desired: wish }) => (wish === "running" ? [id] : [])));
    actions.abandonStarts((id) => running.has(id));
    await explainEnds(state);
    await publishNames();
    const next = plan({
      desired: state,
      replicas,
      memory: memories.all(),
      busy: actions.busy(),
      epochs: epochs.current(),
      lockedVolumes: tasks.lockedVolumes(),
      now: Date.now(),
    });
    for (const action of next.actions) actions.begin(action);
    if (leaving === null) tasks.sync(state.tasks);
    holder.sync(leaving === null ? state.images : []);
    health.sync(watchable());
    shipper.sync(replicas);
    memories.settle(replicas, health.readinessOf, Date.now());
    report(state);
    return Math.min(LOOK_EVERY_MS, next.wakeAt === null ? LOOK_EVERY_MS : Math.max(0, next.wakeAt - Date.now()));
  };

  /** An end is only reported together with its reason. */
  const explainEnds = async (state: DesiredState): Promise<void> => {
    const found = new Map(replicas.map((replica) => [replica.id, replica]));
    await Promise.all(
      state.replicas.map(async (replica) => {
        const now = found.get(replica.id)?.state;
        if (now?.kind !== "exited" || replica.desired === "stopped" || !memories.isNewEnd(replica.id, now.exit.at))
          return;
        const lines = await engine.lastLines(replica.id, MAX_LAST_LINES).catch(() => []);
        const { kind, timeoutSeconds, resources } = replica;
        const { exit, startedAt } = now;
        const { memoryMiB } = resources;
        const reason = explainExit({ exit, startedAt, memoryMiB, kind, timeoutSeconds, lastLines: lines });
        if (kind === "run" && runs.endOf(replica.id) === null) {
          await runs.end(replica.id, { exitCode: exit.code, reason });
          crashpoint("agent.run.recorded");
        }
        memories.ended(replica, reason, exit);
      }),
    );
  };

  const byId = (id: string): EngineReplica | null => replicas.find((replica) => replica.id === id) ?? null;

  const watchable = () =>
    wanted().flatMap((replica) => {
      const state = byId(replica.id)?.state;
      if (replica.kind === "run" || replica.desired === "stopped") return [];
      if (state?.kind !== "running" || state.address === null) return [];
      const port = engine.kind === "process" ? state.address.port : replica.port;
      return [{ replica, startedAt: state.startedAt, address: state.address, port }];
    });

  /** Before anything is started, so that a service finds its neighbours from its first moment on. */
  const publishNames = async (): Promise<void> => {
    try {
      await engine.publishNames(namedServices(wanted(), byId, (id) => health.readinessOf(id)?.kind === "ready"));
    } catch (err) {
      log.error({ err }, "the names of services could not be published");
    }
  };

  const report = (state: DesiredState): void => {
    // after a restart of the agent, "not ready" would only mean "not asked yet", and take healthy replicas out of service
    informed ||= health.isInformed();
    if (!informed || leaving !== null) return;
    reporter.update(observedState(state));
  };

  const observedState = (state: DesiredState): Observation => ({
    nodeId,
    generation: state.generation,
    tasks: tasks.reports(),
    replicas: state.replicas.map((replica) => {
      const found = byId(replica.id);
      return observe({
        wanted: replica,
        found,
        runEnd: runs.endOf(replica.id),
        refusal: refusalOf(replica, found, { memory: memories.all(), epochs: epochs.current() }),
        doing: actions.doing(replica.id),
        isStale: actions.busy().has(replica.id),
        readiness: health.readinessOf(replica.id),
        ...memories.factsOf(replica.id),
      });
    }),
  });

  const lookAgainAndAgain = async (): Promise<void> => {
    let failing = false;
    while (!signal.aborted) {
      let waitMs = RETRY_MS;
      try {
        waitMs = await look();
        failing = false;
      } catch (err) {
        if (!failing) log.error({ err }, "the node could not be looked at; nothing is changed until it can");
        failing = true;
      }
      await bell.wait(waitMs, signal);
    }
  };

  const listenToEngine = async (): Promise<void> => {
    for await (const _hint of engine.watch(signal)) bell.ring();
  };

  const accept = async (state: DesiredState): Promise<void> => {
    await epochs.note(state);
    desired = state;
    const ids = new Set(state.replicas.map(({ id }) => id));
    await runs.keepOnly(ids);
    shells.sync(state.shells);
    bell.ring();
  };

  const runToEnd = async (): Promise<void> => {
    await Promise.all([
      lookAgainAndAgain(),
      listenToEngine(),
      followDesired(parts.controlPlane, nodeId, storedAt, () => desired, accept, signal),
      reporter.run(signal),
      budget.run(signal),
    ]);
    health.stop();
    holder.stop();
    await shells.stop();
    await tasks.stop();
    await actions.stop();
    await shipper.stop();
  };

  return {
    ended: runToEnd(),
    async emptyNode() {
      if (desired === null || signal.aborted) return;
      const graceSeconds = Math.max(0, ...desired.replicas.map((replica) => replica.graceSeconds));
      leaving = Promise.withResolvers();
      bell.ring();
      const late = new AbortController();
      const limit = AbortSignal.any([signal, late.signal]);
      await Promise.race([leaving.promise, sleep(graceSeconds * 1000 + EMPTY_MARGIN_MS, limit)]);
      late.abort();
    },
  };
};

const asStopped = (replica: DesiredReplica): DesiredReplica => ({ ...replica, desired: "stopped" });
