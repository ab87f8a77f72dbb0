import type { Address, DesiredReplica, Health, Reason } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { log } from "../log.ts";
import type { Readiness } from "../observe.ts";
import type { Listener } from "../ports.ts";
import { explainProbe, type ProbeResult, probe } from "../probe.ts";
import { sleep } from "../sleep.ts";

/** A fresh replica is asked often, so that a deploy is not slower than the program; then less and less. */
const FIRST_PAUSE_MS = 20;
const GROWTH = 1.25;
const LONGEST_PAUSE_MS = 1_000;
/** One lost answer of a busy service does not take it out of service. */
const FAILURES_UNTIL_UNHEALTHY = 3;
const LATE_PATIENCE_MS = 5_000;

export type Watched = {
  replica: DesiredReplica;
  startedAt: Date;
  address: Address;
  /** What the replica was told to listen on. */
  port: number;
};

type Watch = { key: string; stop: AbortController; readiness: Readiness; probed: boolean };

/**
 * Probes every running replica for as long as it runs. `changed` is called when a replica's readiness changes;
 * `failed` once for a candidate whose start deadline passes.
 */
export const createHealthWatch = (hooks: {
  lastLines(id: string): Promise<string[]>;
  listeners(id: string): Promise<Listener[]>;
  changed(): void;
  failed(id: string, reason: Reason): void;
}) => {
  const watches = new Map<string, Watch>();

  const watch = async (one: Watched, mine: Watch): Promise<void> => {
    const { signal } = mine.stop;
    const set = (readiness: Readiness): void => {
      if (signal.aborted) return;
      mine.readiness = readiness;
      hooks.changed();
    };
    const { health } = one.replica;
    const probed = (): void => {
      if (mine.probed) return;
      mine.probed = true;
      hooks.changed();
    };
    if (!(await untilReady(one, signal, set, probed))) return;
    mine.probed = true;
    crashpoint("agent.probe.ready");
    set({ kind: "ready", since: new Date() });
    if (health.kind === "none") return; // nothing to ask; that it runs is all there is to know
    for (let failures = 0; !signal.aborted; ) {
      await sleep(failures === 0 ? health.intervalSeconds * 1000 : LONGEST_PAUSE_MS, signal);
      const result = await probe(one.address, health, signal);
      if (signal.aborted) return;
      failures = result.kind === "ready" ? 0 : failures + 1;
      if (result.kind === "ready" && mine.readiness.kind !== "ready") set({ kind: "ready", since: new Date() });
      if (result.kind !== "ready" && failures === FAILURES_UNTIL_UNHEALTHY) {
        const lines = await hooks.lastLines(one.replica.id);
        const listeners = result.kind === "closed" ? await hooks.listeners(one.replica.id) : [];
        set({ kind: "unhealthy", reason: explainProbe(result, triedOf(one), null, lines, listeners) });
      }
    }
  };

  /** False when it was stopped first. A candidate that misses its deadline has failed; a serving replica is waited for. */
  const untilReady = async (
    one: Watched,
    signal: AbortSignal,
    set: (readiness: Readiness) => void,
    probed: () => void,
  ): Promise<boolean> => {
    const { health, restart, id } = one.replica;
    // one that was started long ago is met by an agent that has just come: it is asked a few times before it is judged
    const patience = Math.min(timeoutSecondsOf(health) * 1000, LATE_PATIENCE_MS);
    const deadline = Math.max(one.startedAt.getTime() + timeoutSecondsOf(health) * 1000, Date.now() + patience);
    let overdue = false;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * GROWTH, LONGEST_PAUSE_MS)) {
      const result = await probe(one.address, health, signal);
      if (result.kind === "ready") return !signal.aborted;
      probed();
      if (Date.now() >= deadline && !overdue && !signal.aborted) {
        overdue = true;
        const reason = await overdueReason(one, result);
        if (restart === "never" && !signal.aborted) hooks.failed(id, reason);
        else set({ kind: "unhealthy", reason });
      }
      await sleep(Math.min(pause, overdue ? pause : Math.max(1, deadline - Date.now())), signal);
    }
    return false;
  };

  const overdueReason = async (one: Watched, result: Exclude<ProbeResult, { kind: "ready" }>): Promise<Reason> => {
    const { id, health } = one.replica;
    const lines = await hooks.lastLines(id);
    const listeners = result.kind === "closed" ? await hooks.listeners(id) : [];
    return explainProbe(result, triedOf(one), timeoutSecondsOf(health), lines, listeners);
  };

  return {
    /** Watches exactly these; one that was started again since is watched anew. */
    sync(running: Watched[]): void {
      const keys = new Map(running.map((one) => [one.replica.id, keyOf(one)]));
      for (const [id, mine] of watches) {
        if (keys.get(id) === mine.key) continue;
        mine.stop.abort();
        watches.delete(id);
      }
      for (const one of running) {
        if (watches.has(one.replica.id)) continue;
        const mine: Watch = {
          key: keyOf(one),
          stop: new AbortController(),
          readiness: { kind: "waiting" },
          probed: false,
        };
        watches.set(one.replica.id, mine);
        watch(one, mine).catch((err: unknown) => log.error({ err, replicaId: one.replica.id }, "probing stopped"));
      }
    },

    /** Whether each was asked at least once; before that, a replica that is not ready may only not have been asked. */
    isInformed: (): boolean => [...watches.values()].every(({ probed }) => probed),

    readinessOf: (id: string): Readiness | null => watches.get(id)?.readiness ?? null,

    stop(): void {
      for (const mine of watches.values()) mine.stop.abort();
      watches.clear();
    },
  };
};

export type HealthWatch = ReturnType<typeof createHealthWatch>;

/** A change of any of these makes it another watch. That a candidate begins to serve does not: it stays ready. */
const keyOf = ({ replica, startedAt, address }: Watched): string =>
  JSON.stringify([startedAt.getTime(), address, replica.health]);

const triedOf = ({ address, port, replica }: Watched) => ({ address, port, health: replica.health });

const timeoutSecondsOf = (health: Health): number => (health.kind === "none" ? 0 : health.timeoutSeconds);
