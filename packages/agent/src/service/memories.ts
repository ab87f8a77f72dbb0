import type { DesiredReplica, Reason } from "@homeport/clusters/contract.ts";
import { type Ends, loopOf, NO_ENDS, noteEnds } from "../crash-loop.ts";
import type { Readiness } from "../observe.ts";
import type { EngineReplica, Exit } from "../ports.ts";
import { type Memory, NO_MEMORY, startsAgain } from "../reconcile.ts";

/** Ready for so long, a replica counts as sound, and its next crash as its first. */
const SOUND_AFTER_MS = 10 * 60_000;
/** A candidate whose start fails for passing reasons is tried again for so long. */
const CANDIDATE_PATIENCE_MS = 2 * 60_000;

type Entry = Memory & {
  /** First of the failed starts in a row, epoch ms. */
  failingSince: number | null;
  trouble: Reason | null;
  /** When the end that `trouble` explains was, so that each end is explained once. */
  endedAt: number | null;
  ends: Ends;
};

const NEW: Entry = { ...NO_MEMORY, failingSince: null, trouble: null, endedAt: null, ends: NO_ENDS };

/** Nobody starts it again, so what ends it has ended it for good. */
const isOnce = ({ kind, restart }: DesiredReplica): boolean => kind === "run" || restart === "never";

/** What the agent knows of its replicas that the engine does not: failed starts, crashes in a row, reasons. */
export const createMemories = () => {
  const entries = new Map<string, Entry>();
  const change = (id: string, changes: (entry: Entry) => Partial<Entry>): void => {
    const entry = entries.get(id) ?? NEW;
    entries.set(id, { ...entry, ...changes(entry) });
  };

  return {
    all: (): ReadonlyMap<string, Memory> => entries,

    factsOf(id: string): { failure: Reason | null; trouble: Reason | null } {
      const { failure, trouble } = entries.get(id) ?? NEW;
      return { failure, trouble };
    },

    /** A candidate has failed for good. */
    fail: (id: string, failure: Reason): void => change(id, () => ({ failure })),

    startFailed(replica: DesiredReplica, reason: Reason, final: boolean, now: number): void {
      change(replica.id, ({ failures, failingSince }) => {
        const since = failingSince ?? now;
        const givesUp = isOnce(replica) && (final || now - since > CANDIDATE_PATIENCE_MS);
        return {
          failures: failures + 1,
          failedAt: now,
          failingSince: since,
          trouble: reason,
          failure: givesUp ? reason : null,
        };
      });
    },

    started: ({ id }: DesiredReplica, again: boolean): void =>
      change(id, (entry) => ({
        failingSince: null,
        failures: again ? entry.failures + 1 : entry.failures,
      })),

    isNewEnd: (id: string, at: Date): boolean => entries.get(id)?.endedAt !== at.getTime(),

    /** A candidate's end is its failure; the end of what is started again is trouble that passes. */
    ended: (replica: DesiredReplica, reason: Reason, exit: Exit): void =>
      change(replica.id, ({ failure, ends }) => ({
        trouble: startsAgain(replica, exit) ? loopOf(reason, ends) : reason,
        endedAt: exit.at.getTime(),
        failure: isOnce(replica) ? (failure ?? reason) : failure,
      })),

    /** Keeps count of starts that the engine may have made between two looks. */
    countEnds(replicas: EngineReplica[], now: number): void {
      for (const { id, restarts } of replicas) {
        const { ends } = entries.get(id) ?? NEW;
        const next = noteEnds(ends, restarts, now);
        if (next !== ends) change(id, () => ({ ends: next }));
      }
    },

    /** Of runs that began, also under an earlier agent. */
    ran: (id: string): void => change(id, () => ({ ran: true })),

    /** Forgets the troubles of replicas that have been ready for long. */
    settle(replicas: EngineReplica[], readinessOf: (id: string) => Readiness | null, now: number): void {
      for (const { id } of replicas) {
        const readiness = readinessOf(id);
        if (readiness?.kind !== "ready") continue;
        const sound = now - readiness.since.getTime() > SOUND_AFTER_MS;
        change(id, ({ failures }) => ({ trouble: null, failures: sound ? 0 : failures }));
      }
    },

    forget: (id: string): void => void entries.delete(id),

    /** Lets go of what nobody wants and nothing is left of. */
    keepOnly(ids: ReadonlySet<string>): void {
      for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id);
    },
  };
};
