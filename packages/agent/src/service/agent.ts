import { join } from "node:path";
import { type DesiredReplica, type DesiredState, MAX_LAST_LINES } from "@homeport/clusters/contract.ts";
import { createBell } from "../bell.ts";
import { explainExit } from "../exit-reason.ts";
import { log } from "../log.ts";
import { observe } from "../observe.ts";
import type { ContainerEngine, ControlPlane, Credentials, EngineReplica, LogSink, Observation } from "../ports.ts";
import { plan } from "../reconcile.ts";
import { sleep } from "../sleep.ts";
import { createActions } from "./actions.ts";
import { desiredPath, followDesired, loadDesired } from "./follow-desired.ts";
import { createMemories } from "./memories.ts";
import { namedServices } from "./named-services.ts";
import { createReporter } from "./report-observed.ts";
import { createLogShipper } from "./ship-logs.ts";
import { createHealthWatch } from "./watch-health.ts";

/** How often everything is looked at although nothing seems to have happened; repairs what was changed by hand. */
const LOOK_EVERY_MS = 10_000;
const RETRY_MS = 1_000;
/** Beyond the longest grace: for delivering logs and removing folders. */
const EMPTY_MARGIN_MS = 30_000;
const IMAGES_EVERY_MS = 60 * 60_000;

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
  const reporter = createReporter(parts.controlPlane);
  const shipper = createLogShipper(engine, parts.logSink, join(parts.dataDir, "logs"));
  const health = createHealthWatch({
    lastLines: (id) => engine.lastLines(id, MAX_LAST_LINES).catch(() => []),
    changed: bell.ring,
    failed(id, reason) {
      memories.fail(id, reason);
      bell.ring();
    },
  });
  const actions = createActions(engine, shipper, parts.credentials, {
    changed: bell.ring,
    startFailed: (replica, reason, final) => memories.startFailed(replica, reason, final, Date.now()),
    started: (replica, again) => memories.started(replica, again),
    removed: (id) => memories.forget(id),
  });

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
    const running = new Set(state.replicas.flatMap(({ id, desired: wish }) => (wish === "running" ? [id] : [])));
    actions.abandonStarts((id) => running.has(id));
    await explainEnds(state);
    await publishNames();
    const next = plan({ desired: state, replicas, memory: memories.all(), busy: actions.busy(), now: Date.now() });
    for (const action of next.actions) actions.begin(action);
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
        memories.ended(replica, explainExit(now.exit, replica.resources.memoryMiB, lines), now.exit.at);
      }),
    );
  };

  const byId = (id: string): EngineReplica | null => replicas.find((replica) => replica.id === id) ?? null;

  const watchable = () =>
    wanted().flatMap((replica) => {
      const state = byId(replica.id)?.state;
      if (state?.kind !== "running" || state.address === null || replica.desired === "stopped") return [];
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
    replicas: state.replicas.map((replica) => {
      return observe({
        wanted: replica,
        found: byId(replica.id),
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

  const tidyImages = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(IMAGES_EVERY_MS, signal);
      if (signal.aborted || desired === null) continue;
      const keep = desired.replicas.map((replica) => replica.image);
      await engine
        .removeUnusedImages(keep, parts.keepImagesMs)
        .catch((err: unknown) => log.warn({ err }, "images could not be tidied"));
    }
  };

  const accept = (state: DesiredState): void => {
    desired = state;
    bell.ring();
  };

  const runToEnd = async (): Promise<void> => {
    await Promise.all([
      lookAgainAndAgain(),
      listenToEngine(),
      followDesired(parts.controlPlane, nodeId, storedAt, () => desired, accept, signal),
      reporter.run(signal),
      tidyImages(),
    ]);
    health.stop();
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
