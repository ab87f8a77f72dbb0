import type { Sql, Tx } from "../db/types.ts";
import { createWaker } from "../lease/waker.ts";
import { createLogger } from "../log.ts";
import { consumeBatch } from "./consume-batch.ts";
import { registerCursor } from "./cursor.ts";
import type { PlatformEvent } from "./event.ts";
import type { EventLog } from "./log.ts";
import { sequenceEvents } from "./store.ts";

const log = createLogger("events");

/** The database is away. */
const AWAY_MS = 1000;
const MAX_ATTEMPTS = 8;

export type ConsumeOptions = {
  log: EventLog;
  /** The app's own pool: the handler works with the app's rights. */
  sql: Sql;
  app: string;
  /** Durable: the name of the cursor. */
  name: string;
  types: readonly string[];
  /**
   * Runs in the transaction that also moves the cursor, so its writes happen exactly once. Database work only: no calls
   * to others, which could neither be rolled back nor be quick. `jobs.enqueue(tx, …)` is for those.
   */
  handler: (event: PlatformEvent, tx: Tx) => Promise<void>;
  /** Where a consumer without a cursor begins: with what comes from now on, or with everything still there. */
  from?: "end" | "start";
  /** After so many failures an event is put into platform.event_failures and the next one gets its turn. */
  maxAttempts?: number;
  /** Wait after failure number `attempt`, from 1. */
  backoffMs?: (attempt: number) => number;
  signal?: AbortSignal;
};

export type Consumer = {
  /** Resolves once every event committed before the call has been handled or parked. */
  idle(): Promise<void>;
  /** Ends after the transaction that is open. */
  stop(): Promise<void>;
};

/** Half a second, doubling to half a minute: with 8 tries an event is given up after about a minute. */
const exponential = (attempt: number): number => Math.min(500 * 2 ** (attempt - 1), 30_000);

/**
 * Handles events of the log one after the other, each once, on whichever instance of the app is free. An event that
 * fails holds up those after it until it succeeds or is parked, so a handler sees them in order.
 */
export function consume(options: ConsumeOptions): Consumer {
  const stopping = new AbortController();
  const { signal } = stopping;
  options.signal?.addEventListener("abort", () => stopping.abort(), { once: true });
  const waker = createWaker(signal);
  const unsubscribe = options.log.subscribe(options.types, waker.wake);
  const batch = {
    ...options,
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    backoffMs: options.backoffMs ?? exponential,
  };
  /** Everything up to here was handled, by this instance or another. */
  let handled = -1;
  const watchers = new Set<() => void>();
  const run = async () => {
    for (let registered = false; !signal.aborted; ) {
      let waitMs = AWAY_MS;
      try {
        if (!registered) await registerCursor(options.sql, options.app, options.name, options.from ?? "end");
        registered = true;
        const outcome = await consumeBatch(batch);
        waitMs = outcome.waitMs;
        handled = outcome.handled ?? handled;
      } catch (err) {
        if (!signal.aborted)
          log.warn({ err, app: options.app, consumer: options.name }, "a consumer of events cannot work");
      }
      for (const check of watchers) check();
      await waker.wait(waitMs);
    }
    for (const check of watchers) check();
  };
  const done = run();
  return {
    async idle() {
      let { head, pending } = await sequenceEvents(options.sql);
      while (pending && !signal.aborted) {
        await Bun.sleep(5);
        ({ head, pending } = await sequenceEvents(options.sql));
      }
      waker.wake();
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => {
        if (handled >= head || signal.aborted) resolve();
      };
      watchers.add(check);
      check();
      await promise;
      watchers.delete(check);
    },
    async stop() {
      unsubscribe();
      stopping.abort();
      await done;
    },
  };
}
