import type { Sql } from "../db/types.ts";
import { createLogger } from "../log.ts";
import { onEmitted } from "./emit.ts";
import { matchesTypes, type PlatformEvent } from "./event.ts";
import { type Channel, followLog } from "./follow.ts";
import { createRing, type RingLimits, type TailEvent } from "./ring.ts";
import { readBounds } from "./store.ts";

const log = createLogger("events");

/** What a client may be away for and still be served from memory. */
const RING: RingLimits = { events: 10_000, bytes: 4 * 1024 * 1024 };
const RETENTION_DAYS = 30;

export type EventLogOptions = {
  /** A pool whose server and rights the log's own connection takes: any app's, or the admin's. */
  sql: Sql;
  signal?: AbortSignal;
  ring?: RingLimits;
  /** How long events are kept, at least 7. */
  retentionDays?: number;
  /** What else is to be listened to on the log's connection. */
  channels?: readonly Channel[];
};

/**
 * The event log as one process sees it: gives committed events their number, follows the log and hands each event to
 * the subscribers of this process. One per process, on one connection; any number of processes.
 */
export type EventLog = {
  /** The pool it was started with, for reading older events. */
  readonly sql: Sql;
  /** The number of the newest event this process has seen. */
  head(): number;
  /** Calls `listener` for each new event that matches, in order. What it gives back ends that. */
  subscribe(types: readonly string[], listener: (event: PlatformEvent) => void): () => void;
  /** The events after `seq` from memory, or null when they are no longer all there. */
  recent(seq: number): readonly TailEvent[] | null;
  /** Listens to something else on the log's connection, soon and after every reconnect. What it gives back ends that. */
  listen(channel: Channel): () => void;
  /** Gives numbers at once, without waiting for the next turn. */
  wake(): void;
  stop(): Promise<void>;
};

/** @throws {Error} when the database cannot be reached at the start; later outages are survived. */
export async function startEventLog(options: EventLogOptions): Promise<EventLog> {
  const { head } = await readBounds(options.sql);
  const ring = createRing(head, options.ring ?? RING);
  const stopping = new AbortController();
  options.signal?.addEventListener("abort", () => stopping.abort(), { once: true });
  const subscribers = new Set<{ types: readonly string[]; listener: (event: PlatformEvent) => void }>();
  const follower = followLog({
    sql: options.sql,
    ring,
    keepDays: options.retentionDays ?? RETENTION_DAYS,
    channels: options.channels ?? [],
    signal: stopping.signal,
    deliver(event) {
      const kept = ring.push(event);
      for (const { types, listener } of subscribers) {
        if (!matchesTypes(types, event.type)) continue;
        try {
          listener(kept);
        } catch (err) {
          log.error({ err, seq: event.seq, type: event.type }, "a subscriber of the event log failed");
        }
      }
    },
  });
  const forget = onEmitted(follower.emitted);
  return {
    sql: options.sql,
    head: ring.head,
    subscribe(types, listener) {
      const subscriber = { types, listener };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    recent: ring.after,
    listen: follower.listen,
    wake: follower.wake,
    async stop() {
      forget();
      stopping.abort();
      await follower.done;
    },
  };
}
