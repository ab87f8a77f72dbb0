import type { DesiredReplica, Reason } from "@homeport/clusters/contract.ts";
import type { Readiness } from "../observe.ts";
import type { EngineReplica } from "../ports.ts";
import { type Memory, NO_MEMORY } from "../reconcile.ts";

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
};

const NEW: Entry = { ...NO_MEMORY, failingSince: null, trouble: null, endedAt: null };

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
        const givesUp = replica.restart === "never" && (final || now - since > CANDIDATE_PATIENCE_MS);
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

    /** A candidate's end is its failure; a serving replica's end is trouble that passes. */
    ended: (replica: DesiredReplica, reason: Reason, at: Date): void =>
      change(replica.id, ({ failure }) => ({
        trouble: reason,
        endedAt: at.getTime(),
        failure: replica.restart === "never" ? reason : failure,
      })),

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
  };
};
