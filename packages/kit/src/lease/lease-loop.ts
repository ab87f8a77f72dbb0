import { createLogger } from "../log.ts";
import { createWaker, pause } from "./waker.ts";

const log = createLogger("lease");

/** How often a lease is renewed within its lifetime: two renewals may fail before it is lost. */
const RENEWALS = 3;

export type Lease<T> = {
  /** How long a claim or renewal holds; the same figure stands in the SQL of both. */
  ms: number;
  /**
   * Extends the lease, `where id = … and lease_token = …`. False means that the row is no longer ours: the run is
   * aborted. An error is tried again until the lease has run out.
   */
  renew: (item: T) => Promise<boolean>;
};

export type LeaseLoopOptions<T> = {
  /** For the log. */
  name: string;
  /** Takes up to `limit` due items, `for update skip locked`, each with a fresh lease token. */
  claim: (limit: number) => Promise<readonly T[]>;
  /**
   * Works on one item and writes its end itself, always `where id = … and lease_token = …`: 0 rows means that the lease
   * was lost and somebody else has the item. The signal aborts when the lease is lost and when the loop stops.
   */
  run: (item: T, signal: AbortSignal) => Promise<void>;
  lease?: Lease<T>;
  /** Gives items whose lease ran out back, or fails those that were tried often enough. Any process may do it. */
  reap?: () => Promise<unknown>;
  reapEveryMs?: number;
  /** Backstop: how often to look when nobody wakes the loop. */
  everyMs: number;
  /** Items in work at once in this process. */
  concurrency: number;
  /** How long items in work may go on after the loop was told to stop, before their signals abort. */
  drainMs?: number;
  signal: AbortSignal;
};

export type LeaseLoop = {
  /** Looks now: something is due. Events and notifications call it; missing one costs at most `everyMs`. */
  wake(): void;
  /** Resolves when the loop has stopped and nothing is in work. */
  done: Promise<void>;
};

/**
 * Claims items of a state table and works on them, until aborted. Any number of processes may run the same loop:
 *
 * - claim: `with due as (select id from t where state = 'queued' and run_at <= now() order by run_at, id limit $1 for
 *   update skip locked) update t set state = 'running', attempts = attempts + 1, lease_token = gen_random_uuid(),
 *   lease_until = now() + interval '30 s' from due where t.id = due.id returning …`
 * - every later write names the token; 0 rows changed means: lost, stop.
 * - reaper: `update t set state = case when attempts < max_attempts then 'queued' else 'failed' end, lease_token = null
 *   where state = 'running' and lease_until < now()`
 */
export function leaseLoop<T>(options: LeaseLoopOptions<T>): LeaseLoop {
  const { name, signal } = options;
  const waker = createWaker(signal);
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const start = (item: T) => {
    const work = runItem(options, item, stopping.signal).finally(() => {
      running.delete(work);
      waker.wake();
    });
    running.add(work);
  };
  const claimAll = async () => {
    while (!signal.aborted) {
      const free = options.concurrency - running.size;
      if (free <= 0) return;
      const items = await options.claim(free);
      for (const item of items) start(item);
      if (items.length < free) return;
    }
  };
  const loop = async () => {
    while (!signal.aborted) {
      try {
        await claimAll();
      } catch (err) {
        if (!signal.aborted) log.warn({ err, loop: name }, "claiming failed");
        await pause(Math.min(options.everyMs, 1000), signal);
      }
      // Apart from the other loops of an app, which would open a connection each to look in the same instant.
      await waker.wait(options.everyMs * (0.8 + Math.random() * 0.2));
    }
    const ended = Promise.all(running).then(() => stopping.abort());
    await pause(options.drainMs ?? 0, stopping.signal);
    stopping.abort();
    await ended;
  };
  return { wake: waker.wake, done: Promise.all([loop(), reapLoop(options)]).then(() => undefined) };
}

async function runItem<T>(options: LeaseLoopOptions<T>, item: T, stopping: AbortSignal): Promise<void> {
  const finished = new AbortController();
  const lost = new AbortController();
  const renewing = options.lease ? renewLoop(options.name, options.lease, item, lost, finished.signal) : undefined;
  try {
    await options.run(item, AbortSignal.any([stopping, lost.signal]));
  } catch (err) {
    // `run` ends its item itself; what comes here leaves it to the reaper.
    if (!stopping.aborted && !lost.signal.aborted) log.error({ err, loop: options.name }, "work on an item failed");
  } finally {
    finished.abort();
    await renewing;
  }
}

async function renewLoop<T>(
  name: string,
  lease: Lease<T>,
  item: T,
  lost: AbortController,
  finished: AbortSignal,
): Promise<void> {
  let heldUntil = performance.now() + lease.ms;
  for (;;) {
    await pause(lease.ms / RENEWALS, finished);
    if (finished.aborted) return;
    const askedAt = performance.now();
    try {
      if (!(await lease.renew(item))) break;
      heldUntil = askedAt + lease.ms;
    } catch (err) {
      log.warn({ err, loop: name }, "renewing a lease failed");
      if (performance.now() >= heldUntil) break;
    }
  }
  if (finished.aborted) return;
  log.warn({ loop: name }, "a lease was lost, its work is aborted");
  lost.abort();
}

async function reapLoop<T>({ name, reap, reapEveryMs = 5000, signal }: LeaseLoopOptions<T>): Promise<void> {
  while (reap && !signal.aborted) {
    // Apart from each other, so that ten processes do not look in the same instant.
    await pause(reapEveryMs * (0.8 + Math.random() * 0.4), signal);
    if (signal.aborted) return;
    try {
      await reap();
    } catch (err) {
      log.warn({ err, loop: name }, "reaping failed");
    }
  }
}
