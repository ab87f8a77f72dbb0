import { bounded } from "../db/bounded.ts";
import { dedicated } from "../db/connect.ts";
import type { Sql } from "../db/types.ts";
import { createWaker, pause } from "../lease/waker.ts";
import { createLogger } from "../log.ts";
import type { PlatformEvent } from "./event.ts";
import type { EventRing } from "./ring.ts";
import { listEvents, PAGE, pruneEvents, sequenceEvents } from "./store.ts";

const log = createLogger("events");

/** Commits within this time share one turn of the sequencer and one NOTIFY. */
const COALESCE_MS = 5;
/** Backstop: events of processes that died between commit and wake-up, and notifications that were lost. */
const IDLE_MS = 3000;
/** While events wait for an older transaction to end: soon, then less and less often. */
const PENDING_MS = [15, 30, 60, 120, 250] as const;
const MAX_BACKOFF_MS = 5000;
const PRUNE_EVERY_MS = 60 * 60_000;

const EVERYTHING = { types: ["*"], organisationId: null, projectIds: null };

/**
 * Something else that this process listens to, on the connection that the event log has anyway: one more would cost the
 * server some 4 MiB. `look` is called with the payload of every NOTIFY, and with null after every (re)connect, because
 * some may have been missed.
 */
export type Channel = { name: string; look: (payload: string | null) => void };

export type FollowOptions = {
  sql: Sql;
  ring: EventRing;
  deliver: (event: PlatformEvent) => void;
  keepDays: number;
  channels: readonly Channel[];
  signal: AbortSignal;
};

export type Follower = {
  emitted(): void;
  wake(): void;
  /** Adds a channel. What it gives back takes it out again. */
  listen(channel: Channel): () => void;
  done: Promise<void>;
};

const EVENTS_CHANNEL = "hp_events";

/**
 * Sequences and follows the log until aborted, on one connection that it opens anew when it is lost. All processes do
 * so; the sequencer's row lock decides who gives the numbers, and the NOTIFY of that one wakes the others to read.
 */
export function followLog(options: FollowOptions): Follower {
  const { signal } = options;
  const waker = createWaker(signal);
  const channels = new Set(options.channels);
  const due: Due = { sequenceAt: 0, pruneAt: performance.now() + PRUNE_EVERY_MS, head: 0 };
  const sequenceWithin = (ms: number) => {
    const at = performance.now() + ms;
    if (at >= due.sequenceAt) return;
    due.sequenceAt = at;
    waker.wake();
  };
  const run = async () => {
    for (let failures = 0; !signal.aborted; ) {
      let lost = false;
      const heard = new Set<Channel>();
      const client = dedicated(options.sql, {
        onnotify: (name, payload) => {
          for (const channel of heard) if (channel.name === name && channels.has(channel)) channel.look(payload);
          if (name !== EVENTS_CHANNEL) return;
          due.head = Math.max(due.head, Number(payload));
          waker.wake();
        },
        onclose: () => {
          lost = true;
          waker.wake();
        },
      });
      try {
        await bounded(client`listen ${client(EVENTS_CHANNEL)}`);
        due.sequenceAt = 0;
        while (!signal.aborted && !lost) {
          await hearAll(client, channels, heard);
          await turn(client, options, due);
          failures = 0;
          await waker.wait(due.sequenceAt - performance.now());
        }
      } catch (err) {
        failures += 1;
        if (!signal.aborted) log.warn({ err, failures }, "the event log lost its connection and connects anew");
      } finally {
        await client.end({ timeout: signal.aborted ? 1 : 0 });
      }
      if (failures > 0) await pause(Math.min(50 * 2 ** failures, MAX_BACKOFF_MS), signal);
    }
  };
  return {
    emitted: () => sequenceWithin(COALESCE_MS),
    wake: () => sequenceWithin(0),
    listen(channel) {
      channels.add(channel);
      waker.wake();
      return () => void channels.delete(channel);
    },
    done: run(),
  };
}

/** Listens to the channels that were added since the last time. */
async function hearAll(client: Sql, channels: ReadonlySet<Channel>, heard: Set<Channel>): Promise<void> {
  for (const channel of channels) {
    if (heard.has(channel)) continue;
    await bounded(client`listen ${client(channel.name)}`);
    heard.add(channel);
    channel.look(null);
  }
}

/** When the next turn does what, in time of performance.now(); `head` is the newest number we were told of. */
type Due = { sequenceAt: number; pruneAt: number; head: number; waits?: number };

async function turn(client: Sql, { ring, deliver, keepDays }: FollowOptions, due: Due): Promise<void> {
  if (performance.now() >= due.sequenceAt) {
    due.sequenceAt = performance.now() + IDLE_MS; // before the call: a commit during it moves this forward again
    const { head, pending } = await bounded(sequenceEvents(client));
    due.waits = pending ? (due.waits ?? 0) + 1 : 0;
    const soon = head - ring.head() >= PAGE ? 0 : (PENDING_MS[due.waits - 1] ?? PENDING_MS[4]);
    if (pending) due.sequenceAt = Math.min(due.sequenceAt, performance.now() + soon);
    if (head < ring.head()) {
      log.warn({ head, seen: ring.head() }, "the event log is shorter than it was: the database was restored");
      ring.reset(head);
    }
    due.head = head;
  }
  while (ring.head() < due.head) {
    const events = await bounded(listEvents(client, { after: ring.head(), upTo: due.head }, EVERYTHING));
    for (const event of events) deliver(event);
    if (events.length === 0) ring.reset(due.head); // removed for their age while this process was stopped
  }
  if (performance.now() >= due.pruneAt) {
    due.pruneAt = performance.now() + PRUNE_EVERY_MS;
    const removed = await bounded(pruneEvents(client, keepDays));
    if (removed > 0) log.info({ removed }, "old events removed");
  }
}
