import { DomainError } from "@homeport/kit/errors.ts";
import type { LogEntry, LogStream } from "../../ports.ts";
import { sleep } from "../../sleep.ts";
import type { Endpoint } from "./endpoint.ts";
import { readFrames } from "./frames.ts";
import { advance, createSkipper, type LogCursor, readCursor, sinceOf, writeCursor } from "./log-cursor.ts";
import { openStream } from "./streams.ts";

/** A line may come in pieces of 16 KiB; a longer one is cut here so that nobody buffers without end. */
const MAX_LINE_BYTES = 64 * 1024;
const REOPEN_DELAY_MS = 500;

/**
 * Follows a container's log across broken connections and restarts of dockerd. The end of a stream proves nothing (a
 * dockerd that is stopped ends it in good order), so it only counts when the container had ended before it was opened.
 */
export async function* followLogs(
  endpoint: Endpoint,
  containerId: string,
  from: string | null,
  isRunning: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  let cursor = readCursor(from);
  while (!signal.aborted) {
    try {
      const wasOver = !(await isRunning());
      for await (const entry of readOnce(endpoint, containerId, cursor, signal)) {
        cursor = readCursor(entry.cursor);
        yield entry;
      }
      if (wasOver) return;
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof DomainError && err.code === "not_found") return;
    }
    await sleep(REOPEN_DELAY_MS, signal);
  }
}

/** The last `count` lines, without following. */
export const readTail = async (endpoint: Endpoint, containerId: string, count: number, signal: AbortSignal) => {
  const lines: string[] = [];
  const query = new URLSearchParams({ stdout: "1", stderr: "1", timestamps: "1", tail: String(count) });
  const body = await openLog(endpoint, containerId, query, signal);
  for await (const entry of toEntries(body, readCursor(null))) lines.push(entry.text);
  return lines;
};

async function* readOnce(endpoint: Endpoint, containerId: string, cursor: LogCursor, signal: AbortSignal) {
  const query = new URLSearchParams({ stdout: "1", stderr: "1", timestamps: "1", follow: "1" });
  const since = sinceOf(cursor);
  if (since !== null) query.set("since", since);
  yield* toEntries(await openLog(endpoint, containerId, query, signal), cursor);
}

const openLog = async (endpoint: Endpoint, containerId: string, query: URLSearchParams, signal: AbortSignal) => {
  const res = await openStream(endpoint, `/containers/${containerId}/logs?${query}`, { method: "GET", signal });
  if (res.status === 404) throw new DomainError("not_found", "The container is gone.");
  if (!res.ok || res.body === null) throw new DomainError("unavailable", "The Docker engine refused to show a log.");
  return res.body;
};

type Open = { pieces: Uint8Array[]; size: number; at: string };

async function* toEntries(body: ReadableStream<Uint8Array>, start: LogCursor): AsyncGenerator<LogEntry> {
  const isTaken = createSkipper(start);
  const open: Record<LogStream, Open | null> = { stdout: null, stderr: null };
  let seen = start; // counts every message, also pieces of a line that is not whole yet
  let done = start; // only whole lines: what a reader may resume from
  const close = (stream: LogStream, line: Open): LogEntry => {
    open[stream] = null;
    done = { ...done, [stream]: seen[stream] };
    const text = new TextDecoder().decode(Buffer.concat(line.pieces));
    return { at: new Date(line.at), stream, text: text.replace(/\r?\n$/, ""), cursor: writeCursor(done) };
  };
  for await (const { stream, payload } of readFrames(body)) {
    const space = payload.indexOf(0x20);
    if (space < 0) continue; // cannot be: the engine was asked for timestamps
    const at = new TextDecoder().decode(payload.subarray(0, space));
    if (isTaken(stream, at)) continue;
    seen = advance(seen, stream, at);
    const line = open[stream] ?? { pieces: [], size: 0, at };
    line.pieces.push(payload.slice(space + 1)); // a copy: the frame is a view of the network buffer
    line.size += payload.byteLength - space - 1;
    open[stream] = line;
    if (payload.at(-1) === 0x0a || line.size >= MAX_LINE_BYTES) yield close(stream, line);
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const line = open[stream];
    if (line !== null) yield close(stream, line); // ended without a line end
  }
}
