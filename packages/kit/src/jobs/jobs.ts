import { type ConstructorOptions, PgBoss } from "pg-boss";
import type { z } from "zod";
import { jobsSchemaOf } from "../db/names.ts";
import type { Sql, Tx } from "../db/types.ts";
import { DomainError } from "../errors.ts";
import type { EventLog } from "../events/log.ts";
import type { LeaseLoop } from "../lease/lease-loop.ts";
import { createLogger } from "../log.ts";
import { bossDatabase, listeningDatabase } from "./adapter.ts";
import { declareQueue, type Handler, startWorker } from "./worker.ts";

const log = createLogger("jobs");

/** A job carries ids, not files. */
const MAX_DATA_BYTES = 64 * 1024;
const DRAIN_MS = 15_000;

export type Job<T> = {
  id: string;
  data: T;
  /** 1 for the first try. */
  attempt: number;
  /** Aborts when the job's time is up, when it was given to another process, and when this one stops. */
  signal: AbortSignal;
};

export type HandleOptions = {
  /** Jobs of this name that run at once in one process. */
  concurrency?: number;
  /** Tries after the first. */
  retries?: number;
  /** Before the second try, drawn between this and its double, at least 1; doubles with each try, up to an hour. */
  retryDelaySeconds?: number;
  /** A try that takes longer has failed. */
  expireSeconds?: number;
};

export type EnqueueOptions = {
  /** While a job of the same name and key waits, another one is not added. */
  singletonKey?: string;
  /** Seconds from now, or a time. */
  startAfter?: Date | number;
  /** Higher goes first. */
  priority?: number;
};

/**
 * Background work of one app that nobody watches as a state machine: mail, clean-up, roll-ups. A job runs at least once:
 * a process that dies in it leaves it to another, so a handler must be safe to repeat.
 */
export type Jobs = {
  /** Declares what runs jobs of this name; before `start`. */
  handle<T>(name: string, schema: z.ZodType<T>, run: (job: Job<T>) => Promise<void>, options?: HandleOptions): void;
  /**
   * Adds a job with the rest of the transaction `db`: it runs exactly if that commits. Gives the job's id, or null when
   * one with the same `singletonKey` waits already. The name must be declared with `handle` in this app.
   * @throws {DomainError} too_large, over 64 KiB of JSON; internal, when jobs are not started.
   */
  enqueue(db: Tx | Sql, name: string, data: Record<string, unknown>, options?: EnqueueOptions): Promise<string | null>;
  /** Adds a job each time the cron expression says so (UTC unless told), once for all replicas; before `start`. */
  schedule(name: string, cron: string, data?: Record<string, unknown>, options?: { timezone?: string }): void;
  start(): Promise<void>;
  /** Takes no more jobs and waits for those that run; what takes too long is run again elsewhere. */
  stop(): Promise<void>;
};

type Schedule = { name: string; cron: string; data: Record<string, unknown>; timezone: string };

export type JobsOptions = {
  /** The app's own pool. */
  sql: Sql;
  app: string;
  /** The process's event log, whose connection hears of new jobs. */
  events: Pick<EventLog, "listen">;
  signal?: AbortSignal;
  /** How long jobs in work may go on when the process stops; then they are told to end and run again elsewhere. */
  drainMs?: number;
};

/** The jobs of an app whose `migrate` ran with `jobs: true`. An app that declares none opens nothing. */
export function createJobs({ sql, app, events, signal, drainMs = DRAIN_MS }: JobsOptions): Jobs {
  const handlers = new Map<string, Handler>();
  const schedules: Schedule[] = [];
  const workers = new Map<string, LeaseLoop>();
  const stopping = new AbortController();
  signal?.addEventListener("abort", () => stopping.abort(), { once: true });
  const wake = (queue: string | null) => {
    for (const [name, worker] of workers) if (queue === null || queue === name) worker.wake();
  };
  let boss: PgBoss | null = null;
  let starting: Promise<void> | null = null;
  const start = async () => {
    if (handlers.size === 0) return;
    const opened = new PgBoss(bossOptions(listeningDatabase(sql, events, wake), app, schedules.length > 0));
    opened.on("error", (err) => log.warn({ err, app }, "the job queue had an error"));
    opened.on("warning", ({ message }) => log.warn({ app, warning: message }, "the job queue warns"));
    await opened.start();
    boss = opened;
    for (const [name, handler] of handlers) {
      await declareQueue(opened, name, handler);
      workers.set(name, startWorker(opened, name, handler, { signal: stopping.signal, drainMs }));
    }
    await declareSchedules(opened, schedules);
  };
  return {
    handle(name, schema, run, options = {}) {
      if (starting !== null || handlers.has(name))
        throw new DomainError("internal", `Jobs named "${name}" are declared twice or too late.`);
      handlers.set(name, {
        ...{ concurrency: 5, retries: 5, retryDelaySeconds: 5, expireSeconds: 300, ...options },
        run: ({ id, data, retryCount }, aborted) =>
          run({ id, data: schema.parse(data), attempt: retryCount + 1, signal: aborted }),
      });
    },
    async enqueue(db, name, data, options = {}) {
      if (!boss || !handlers.has(name))
        throw new DomainError("internal", `Jobs named "${name}" have no handler, or jobs are not started.`);
      if (Buffer.byteLength(JSON.stringify(data)) > MAX_DATA_BYTES) {
        throw new DomainError("too_large", `The data of job "${name}" is over ${MAX_DATA_BYTES} bytes.`);
      }
      // The queues keep one waiting job per key, so a job without a key needs one of its own.
      return boss.send(name, data, { singletonKey: Bun.randomUUIDv7(), ...options, db: bossDatabase(db) });
    },
    schedule(name, cron, data = {}, options = {}) {
      if (starting !== null) throw new DomainError("internal", `The schedule of "${name}" is declared too late.`);
      schedules.push({ name, cron, data, timezone: options.timezone ?? "UTC" });
    },
    start() {
      starting ??= start();
      return starting;
    },
    async stop() {
      await starting?.catch(() => undefined); // whoever called start has the error
      stopping.abort();
      await Promise.all([...workers.values()].map((worker) => worker.done));
      await boss?.stop({ graceful: false });
      boss = null;
    },
  };
}

const bossOptions = (
  db: NonNullable<ConstructorOptions["db"]>,
  app: string,
  schedule: boolean,
): ConstructorOptions => ({
  db,
  schema: jobsSchemaOf(app),
  // The tables are made by the migrator; the app's role could not, and could not rebuild indexes either.
  migrate: false,
  createSchema: false,
  reindex: false,
  useListenNotify: true,
  schedule,
  superviseIntervalSeconds: 60,
  monitorIntervalSeconds: 60,
  flowIntervalSeconds: 3600, // jobs that depend on jobs, which we do not have; its default looks every 5 s
  cronWorkerIntervalSeconds: 30, // what is due by the clock is housekeeping
  queueCacheIntervalSeconds: 3600, // queues are declared at the start and stay
});

/** Schedules live in the database; those that this version no longer declares are taken out. */
async function declareSchedules(boss: PgBoss, schedules: readonly Schedule[]): Promise<void> {
  const declared = new Set(schedules.map(({ name }) => name));
  for (const { name } of await boss.getSchedules()) if (!declared.has(name)) await boss.unschedule(name);
  for (const { name, cron, data, timezone } of schedules) await boss.schedule(name, cron, data, { tz: timezone });
}
