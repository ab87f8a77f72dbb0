import type { DesiredReplica, Reason } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { isRetryable, reasonOf } from "../failure.ts";
import { log } from "../log.ts";
import type { ContainerEngine, Credentials } from "../ports.ts";
import type { Action } from "../reconcile.ts";
import { sleep } from "../sleep.ts";
import type { LogShipper } from "./ship-logs.ts";

/** How long the last lines of a replica that is about to be removed may take to be delivered. */
const DRAIN_MS = 10_000;
/** Large images over slow lines; a pull that stands still ends much earlier. */
const PULL_TIMEOUT_MS = 30 * 60_000;
const STOP_MS = 5_000;

export type Doing = "pulling" | "starting" | "stopping" | "removing" | "updating";

export type ActionHooks = {
  /** What is going on changed. */
  changed(): void;
  /** A start did not work; `final` when trying again cannot help. */
  startFailed(replica: DesiredReplica, reason: Reason, final: boolean): void;
  started(replica: DesiredReplica, again: boolean): void;
  removed(id: string): void;
  /** Awaited before anything of a run runs. */
  runBegins(id: string): Promise<void>;
};

type Work = {
  doing: Doing;
  /** Of the replica that is being started. */
  volumes: readonly string[];
  stop: AbortController;
  done: Promise<void>;
};

/** Carries out what the plan says: replicas side by side, but never two things at once for one replica. */
export const createActions = (
  engine: ContainerEngine,
  shipper: LogShipper,
  credentials: () => Promise<Credentials>,
  hooks: ActionHooks,
) => {
  const works = new Map<string, Work>();
  let touched = new Set<string>();

  const start = async (replica: DesiredReplica, again: boolean, work: Work): Promise<void> => {
    try {
      const access = "digest" in replica.image ? await credentials() : null;
      crashpoint("agent.pull.before");
      await engine.pull(
        replica.image,
        access,
        AbortSignal.any([work.stop.signal, AbortSignal.timeout(PULL_TIMEOUT_MS)]),
      );
      crashpoint("agent.pull.after");
      if (work.stop.signal.aborted) return;
      work.doing = "starting";
      hooks.changed();
      await engine.start(replica, () => beforeRun(replica));
      crashpoint("agent.start.after");
      log.info({ replicaId: replica.id, workloadId: replica.workloadId, again }, "replica started");
      hooks.started(replica, again);
    } catch (err) {
      if (work.stop.signal.aborted) return;
      log.warn({ err, replicaId: replica.id }, "replica could not be started");
      hooks.startFailed(replica, reasonOf(err), !isRetryable(err));
    }
  };

  const beforeRun = async (replica: DesiredReplica): Promise<void> => {
    if (replica.kind === "run") await hooks.runBegins(replica.id);
    crashpoint("agent.start.before");
  };

  const remove = async (id: string, graceSeconds: number, { stop }: Work): Promise<void> => {
    crashpoint("agent.stop.before");
    await engine.stop(id, graceSeconds);
    crashpoint("agent.stop.after");
    if (!stop.signal.aborted) await shipper.drain(id, DRAIN_MS);
    if (stop.signal.aborted) return; // the agent ends; the next one goes on from here
    await engine.remove(id);
    crashpoint("agent.remove.after");
    await shipper.forget(id);
    log.info({ replicaId: id }, "replica removed");
    hooks.removed(id);
  };

  const carryOut = (action: Action, work: Work): Promise<void> => {
    switch (action.kind) {
      case "start":
        return start(action.replica, action.again, work);
      case "setRestart":
        return engine.setRestart(action.id, action.restart);
      case "stop":
        return engine.stop(action.id, action.graceSeconds);
      case "remove":
        return remove(action.id, action.graceSeconds, work);
    }
  };

  return {
    begin(action: Action): void {
      const id = action.kind === "start" ? action.replica.id : action.id;
      if (works.has(id)) return;
      touched.add(id);
      const work: Work = {
        doing: FIRST_STEP[action.kind],
        volumes: action.kind === "start" ? action.replica.volumes.map(({ volumeId }) => volumeId) : [],
        stop: new AbortController(),
        done: Promise.resolve(),
      };
      works.set(id, work);
      work.done = carryOut(action, work)
        .catch((err: unknown) =>
          log.warn({ err, replicaId: id, action: action.kind }, "an action failed and will be tried again"),
        )
        .finally(() => {
          works.delete(id);
          touched.add(id);
          hooks.changed();
        });
    },

    doing: (id: string): Doing | null => works.get(id)?.doing ?? null,

    /** Whether a replica that has the volume is being started. */
    isStarting: (volumeId: string): boolean => [...works.values()].some(({ volumes }) => volumes.includes(volumeId)),

    /** Gives up starts that are not wanted any more: a long pull must not hold up a removal, nor end in a start. */
    abandonStarts(isWanted: (id: string) => boolean): void {
      for (const [id, work] of works) {
        const isStart = work.doing === "pulling" || work.doing === "starting";
        if (isStart && !isWanted(id)) work.stop.abort();
      }
    },

    /** Begins a new look. */
    forgetTouched(): void {
      touched = new Set(works.keys());
    },

    /** Replicas that something was done to since `forgetTouched`: what was seen of them meanwhile may be outdated. */
    busy: (): ReadonlySet<string> => touched,

    /** Ends what can be ended, waits a little for the rest, and leaves what takes longer to the next agent. */
    async stop(): Promise<void> {
      for (const { stop } of works.values()) stop.abort();
      const late = new AbortController();
      await Promise.race([Promise.all([...works.values()].map(({ done }) => done)), sleep(STOP_MS, late.signal)]);
      late.abort();
    },
  };
};

const FIRST_STEP: Record<Action["kind"], Doing> = {
  start: "pulling",
  setRestart: "updating",
  stop: "stopping",
  remove: "removing",
};

export type Actions = ReturnType<typeof createActions>;
