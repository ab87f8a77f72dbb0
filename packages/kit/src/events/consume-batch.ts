import { isUnreachable } from "../db/errors.ts";
import type { Sql, Tx } from "../db/types.ts";
import { createLogger } from "../log.ts";
import { failEvent, lockCursor, moveCursor, parkEvent } from "./cursor.ts";
import type { PlatformEvent } from "./event.ts";
import { listEvents, PAGE, readBounds } from "./store.ts";

const log = createLogger("events");

/** How long one transaction may go on taking events: open and writing, it holds back the log for everybody. */
const BATCH_MS = 50;
/** How far one look at the log goes: keeps a consumer of rare types from reading a long log in one statement. */
const WINDOW = 5000;
/** Another instance has the cursor; it needs some milliseconds. */
const BUSY_MS = 50;
/** The log wakes a consumer; this is for what nobody foresaw. */
const IDLE_MS = 60_000;
/** A handler that ran this long and lost its connection was ended by idle_in_transaction_session_timeout, 15 s. */
const SLOW_MS = 10_000;
/** A cursor with nothing to do moves along only so often, so that other consumers' events cost it no writes. */
const LAZY_EVENTS = 1000;

export type BatchOptions = {
  sql: Sql;
  app: string;
  name: string;
  types: readonly string[];
  handler: (event: PlatformEvent, tx: Tx) => Promise<void>;
  maxAttempts: number;
  backoffMs: (attempt: number) => number;
};

/** How long to wait, and how far the log is handled if that is known. */
export type BatchOutcome = { waitMs: number; handled?: number };

/** The event in work, for the error path: when the connection is lost, the transaction cannot tell any more. */
type Current = { event: PlatformEvent; attempts: number; startedAt: number };

/** One transaction of a consumer. @throws {Error} when the database is away. */
export async function consumeBatch(options: BatchOptions): Promise<BatchOutcome> {
  const work: { current: Current | null } = { current: null };
  try {
    return await options.sql.begin((tx) => handleEvents(tx, options, work));
  } catch (err) {
    const { current } = work;
    const slow = current !== null && performance.now() - current.startedAt > SLOW_MS;
    if (current === null || (isUnreachable(err) && !slow)) throw err;
    // The handler broke the transaction itself, or the commit failed: nothing of it is left, the failure is noted alone.
    return await options.sql.begin(async (tx) => {
      if ((await lockCursor(tx, options.app, options.name)) === null) return { waitMs: BUSY_MS };
      return noteFailure(tx, options, current, err);
    });
  }
}

async function handleEvents(tx: Tx, options: BatchOptions, work: { current: Current | null }): Promise<BatchOutcome> {
  const { app, name, handler } = options;
  const cursor = await lockCursor(tx, app, name);
  if (cursor === null) return { waitMs: BUSY_MS };
  if (cursor.waitMs > 0) return { waitMs: cursor.waitMs };
  const { head } = await readBounds(tx);
  const upTo = Math.min(head, cursor.seq + WINDOW);
  const filter = { types: options.types, organisationId: null, projectIds: null };
  const events = await listEvents(tx, { after: cursor.seq, upTo }, filter);
  const deadline = performance.now() + BATCH_MS;
  let done = cursor.seq;
  for (const event of events) {
    if (done > cursor.seq && performance.now() > deadline) break;
    const current = { event, attempts: done === cursor.seq ? cursor.attempts : 0, startedAt: performance.now() };
    work.current = current;
    try {
      await tx.savepoint((inner) => handler(event, inner));
    } catch (err) {
      if (done > cursor.seq) await moveCursor(tx, app, name, done);
      return await noteFailure(tx, options, current, err);
    }
    done = event.seq;
  }
  const last = events.at(-1);
  const complete = last === undefined || (done === last.seq && events.length < PAGE);
  if (complete) done = upTo;
  if (events.length > 0 || done - cursor.seq >= LAZY_EVENTS) await moveCursor(tx, app, name, done);
  return { waitMs: done < head ? 0 : IDLE_MS, handled: done };
}

/** Puts the event off, or aside when it has failed often enough. The transaction goes on and commits. */
async function noteFailure(tx: Tx, options: BatchOptions, current: Current, cause: unknown): Promise<BatchOutcome> {
  const { app, name } = options;
  const { event } = current;
  const attempts = current.attempts + 1;
  const error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const fields = { err: cause, app, consumer: name, seq: event.seq, type: event.type, attempts };
  if (attempts < options.maxAttempts) {
    const waitMs = options.backoffMs(attempts);
    log.warn(fields, "an event failed and is tried again");
    await failEvent(tx, app, name, { attempts, waitMs, error });
    return { waitMs };
  }
  log.error(fields, "an event failed for good and is put aside");
  await parkEvent(tx, app, name, event, { attempts, error });
  await moveCursor(tx, app, name, event.seq);
  return { waitMs: 0 };
}
