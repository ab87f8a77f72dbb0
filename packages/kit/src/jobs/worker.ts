import type { JobWithMetadata, PgBoss } from "pg-boss";
import { z } from "zod";
import { type LeaseLoop, leaseLoop } from "../lease/lease-loop.ts";
import { createLogger } from "../log.ts";

const log = createLogger("jobs");

/** A worker that dies leaves its jobs to others after this long, plus a turn of pg-boss' monitor. */
const HEARTBEAT_MS = 30_000;
/** Backstop when a notification is lost. */
const POLL_MS = 30_000;
/** Finished jobs are kept for people to look at. */
const KEEP_SECONDS = 7 * 24 * 3600;
const MAX_RETRY_SECONDS = 3600;

export type Handler = {
  run: (job: JobWithMetadata<object>, signal: AbortSignal) => Promise<void>;
  concurrency: number;
  retries: number;
  retryDelaySeconds: number;
  expireSeconds: number;
};

/** What pg-boss answers to touch, complete and fail; its types leave it out. */
const Affected = z.object({ affected: z.number() });

/** Makes the queue of a name, or brings its settings up to those of this version. */
export async function declareQueue(boss: PgBoss, name: string, handler: Handler): Promise<void> {
  const queue = {
    retryLimit: handler.retries,
    retryDelay: handler.retryDelaySeconds,
    retryBackoff: true,
    retryDelayMax: MAX_RETRY_SECONDS,
    expireInSeconds: handler.expireSeconds,
    heartbeatSeconds: HEARTBEAT_MS / 1000,
    deleteAfterSeconds: KEEP_SECONDS,
    notify: true,
  };
  await boss.createQueue(name, { ...queue, policy: "short" });
  await boss.updateQueue(name, queue);
}

/**
 * Takes jobs of a name and runs them. pg-boss' own workers take a batch and wait for the slowest job in it, and with
 * batches of one they drain a backlog at the pace of their polling; this takes the next job whenever one has ended.
 */
export function startWorker(
  boss: PgBoss,
  name: string,
  handler: Handler,
  stop: { signal: AbortSignal; drainMs: number },
): LeaseLoop {
  const retries = new Set<ReturnType<typeof setTimeout>>();
  stop.signal.addEventListener("abort", () => {
    for (const timer of retries) clearTimeout(timer);
  });
  const loop = leaseLoop<JobWithMetadata<object>>({
    name: `jobs ${name}`,
    claim: (limit) => boss.fetch<object>(name, { batchSize: limit, includeMetadata: true }),
    // The attempt, not only the id: a job that was given to somebody else meanwhile is left alone.
    lease: {
      ms: HEARTBEAT_MS,
      renew: async (job) => Affected.parse(await boss.touch(name, attemptOf(job))).affected > 0,
    },
    run: async (job, stopped) => {
      if (await runJob(boss, name, handler, job, stopped)) return;
      // Nobody is notified when a retry is due; the backstop would find it late.
      const timer = setTimeout(
        () => {
          retries.delete(timer);
          loop.wake();
        },
        retryWithinMs(handler, job.retryCount),
      );
      retries.add(timer);
    },
    everyMs: POLL_MS,
    concurrency: handler.concurrency,
    ...stop,
  });
  return loop;
}

/** The longest that pg-boss may put a retry off; it draws between half of this and all of it. */
const retryWithinMs = (handler: Handler, retryCount: number): number =>
  Math.min(Math.max(handler.retryDelaySeconds, 1) * 2 ** (retryCount + 1), MAX_RETRY_SECONDS) * 1000 + 20;

/** Whether the job succeeded. */
async function runJob(
  boss: PgBoss,
  name: string,
  handler: Handler,
  job: JobWithMetadata<object>,
  stopped: AbortSignal,
): Promise<boolean> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(handler.expireSeconds * 1000)]);
  try {
    await handler.run(job, signal);
  } catch (err) {
    log.warn({ err, job: name, jobId: job.id, attempt: job.retryCount + 1 }, "a job failed");
    await boss.fail(name, attemptOf(job), { message: err instanceof Error ? err.message : String(err) });
    return false;
  }
  await boss.complete(name, attemptOf(job));
  return true;
}

const attemptOf = ({ id, retryCount }: JobWithMetadata<object>) => ({ id, retryCount });
