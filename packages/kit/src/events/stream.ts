import { type SseTimes, sseResponse } from "../http/sse.ts";
import { createWaker } from "../lease/waker.ts";
import { matchesTypes, toCloudEvent } from "./event.ts";
import type { EventLog } from "./log.ts";
import { listEvents, PAGE, readBounds } from "./store.ts";

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;
/** What one turn puts on the wire; the next turn comes when the client has taken it. */
const CHUNK_BYTES = 64 * 1024;
/** How far one look at the table goes. */
const WINDOW = 5000;

/** `pingMs`: a comment after this much silence keeps proxies and NATs from closing. */
export type StreamTimes = SseTimes & { pingMs: number };
export const STREAM_TIMES: StreamTimes = { pingMs: 15_000, stallMs: 60_000, maxAgeMs: 60_000 };

export type EventStreamOptions = {
  log: EventLog;
  /** Whole types and prefixes `ci.job.*`. */
  types: readonly string[];
  /** The organisation whose events the client may see, or `"*"` for those of all and of the platform itself. */
  organisationId: string;
  /** The projects whose events the client may see; null for all, and for what is of no project. */
  projectIds: readonly string[] | null;
  /** The header Last-Event-ID as it came; without one the stream begins with what happens next. */
  lastEventId?: string | null | undefined;
  /** Ends with the request and with the server. */
  signal: AbortSignal;
  /** Asks anew whether the client may read on. */
  mayStill: () => Promise<boolean>;
};

/**
 * Answers with the events as Server-Sent Events (WHATWG HTML, section 9.2): CloudEvents in `data`, the place in the log
 * as `id`, so that a client that comes back with Last-Event-ID misses nothing and sees nothing twice, on any replica.
 * An event `reset` says that the log no longer has what follows the client's id: load the state anew.
 *
 * The caller authorises first; when somebody's access changes it is asked again, and after a minute a stream ends anyway,
 * and its client comes back. A slow client costs no memory: nothing is made for it before
 * it has taken what was made.
 */
export const eventStreamResponse = (options: EventStreamOptions, times = STREAM_TIMES): Response =>
  sseResponse((signal) => framesOf(options, times.pingMs, signal), options.signal, times, options.mayStill);

async function* framesOf(
  options: EventStreamOptions,
  pingMs: number,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const waker = createWaker(signal);
  const unsubscribe = options.log.subscribe(options.types, waker.wake);
  try {
    const { head, pruned } = await readBounds(options.log.sql);
    const asked = parseId(options.lastEventId);
    const known = asked !== null && asked <= head && asked >= pruned;
    let position = known ? asked : head;
    yield `retry: ${RETRY_MS}\n${asked === null || known ? "" : `event: reset\ndata: {}\n`}id: ${position}\n\n`;
    let pingAt = performance.now() + pingMs;
    while (!signal.aborted) {
      const next = await readNext(options, position);
      const moved = next.position > position;
      position = next.position;
      const leftMs = pingAt - performance.now();
      if (next.text) yield next.text;
      // The id goes along, so that a client of rare events does not come back with an id the log has forgotten.
      else if (leftMs <= 0) yield `: ping\nid: ${position}\n\n`;
      else {
        if (!moved) await waker.wait(leftMs);
        continue;
      }
      pingAt = performance.now() + pingMs;
    }
  } finally {
    unsubscribe();
  }
}

/** Null for "no id"; an id that is none of ours counts as one the log does not know. */
function parseId(header: string | null | undefined): number | null {
  if (header === null || header === undefined || header === "") return null;
  return /^\d{1,15}$/.test(header) ? Number(header) : Number.POSITIVE_INFINITY;
}

/** The matching events after `position`, up to a chunk, and how far that looked. */
async function readNext(options: EventStreamOptions, position: number): Promise<{ position: number; text: string }> {
  const recent = options.log.recent(position);
  if (recent === null) return readTable(options, position);
  let text = "";
  let reached = position;
  for (const event of recent) {
    if (text.length > CHUNK_BYTES) break;
    reached = event.seq;
    const visible =
      matchesTypes(options.types, event.type) &&
      (options.organisationId === "*" || event.organisationId === options.organisationId) &&
      (options.projectIds === null || (event.projectId !== null && options.projectIds.includes(event.projectId)));
    if (visible) text += frame(event.seq, event.json);
  }
  return { position: reached, text };
}

async function readTable(options: EventStreamOptions, position: number): Promise<{ position: number; text: string }> {
  const upTo = Math.min(options.log.head(), position + WINDOW);
  const events = await listEvents(
    options.log.sql,
    { after: position, upTo },
    {
      types: options.types,
      organisationId: options.organisationId === "*" ? null : options.organisationId,
      projectIds: options.projectIds,
    },
  );
  const last = events.at(-1);
  const text = events.map((event) => frame(event.seq, JSON.stringify(toCloudEvent(event)))).join("");
  return { position: events.length === PAGE && last ? last.seq : Math.max(position, upTo), text };
}

/** JSON has no line breaks, so one `data` line holds it. */
const frame = (seq: number, json: string): string => `id: ${seq}\ndata: ${json}\n\n`;
