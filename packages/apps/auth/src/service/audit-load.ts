import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";

type Owner = OrganisationId | null;

/** Of this app's four connections, so that somebody's search through a long log keeps nobody from signing in. */
const SEARCHES_AT_ONCE = 2;
const MAX_WAITING = 50;

/** Keeps who reads audit logs from taking the time, memory and connections that all other requests of this app need. */
export const createAuditLoad = () => {
  const waiting: (() => void)[] = [];
  let searching = 0;
  return {
    checks: createSlots(2, "This log is being checked already."),
    exports: createSlots(8, "This log is being exported already."),

    /** Runs a query that may go through a whole log, when its turn comes. @throws {DomainError} rate_limited */
    async inTurn<T>(query: () => Promise<T>): Promise<T> {
      if (searching >= SEARCHES_AT_ONCE) {
        if (waiting.length >= MAX_WAITING) throw busy("Too much is being searched for right now.");
        const turn = Promise.withResolvers<void>();
        waiting.push(turn.resolve);
        await turn.promise; // who ends hands its place on
      } else {
        searching += 1;
      }
      try {
        return await query();
      } finally {
        const next = waiting.shift();
        if (next === undefined) searching -= 1;
        else next();
      }
    },
  };
};

/** One for each log, and so many in all. */
const createSlots = (max: number, sentence: string) => {
  const taken = new Set<Owner>();
  const refuse = (owner: Owner): void => {
    if (taken.has(owner)) throw busy(sentence);
    if (taken.size >= max) throw busy("Too many logs are being read right now.");
  };
  return {
    /** @throws {DomainError} rate_limited, when there is none now */
    refuse,
    /** Give it back with what this returns. @throws {DomainError} rate_limited */
    take(owner: Owner): () => void {
      refuse(owner);
      taken.add(owner);
      return () => void taken.delete(owner);
    },
  };
};

const busy = (sentence: string) =>
  new DomainError("rate_limited", `${sentence} Try again in a moment.`, { retryAfterSeconds: 5 });
