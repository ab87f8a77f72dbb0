import { statSync } from "node:fs";
import { open, stat, truncate } from "node:fs/promises";
import { z } from "zod";
import { run } from "../../exec.ts";
import type { LogEntry, LogStream } from "../../ports.ts";
import { sleep } from "../../sleep.ts";

/** How much of one stream is kept on disk, so that a log sink that is away for a while loses nothing. */
const KEEP_BYTES = 16 * 1024 * 1024;
/** Trimming starts at twice that, so that it is rare. */
const MAX_BYTES = 2 * KEEP_BYTES;
const BLOCK = 4096;
const TRIM_TIMEOUT_MS = 30_000;

const CHUNK_BYTES = 256 * 1024;
/** A line longer than this is cut. */
const MAX_LINE_BYTES = 64 * 1024;
/** A busy log is looked at this often, a quiet one less and less; both soon enough for somebody who watches it live. */
const SHORT_PAUSE_MS = 100;
const LONG_PAUSE_MS = 500;

export type LogFiles = Record<LogStream, string>;
type Offsets = Record<LogStream, number>;
const OffsetsText = z.object({ stdout: z.number().int().min(0), stderr: z.number().int().min(0) });

/**
 * Lets go of the oldest bytes of a log that grew too large, and returns how many bytes at its start are gone in all.
 * Punching a hole frees the disk and moves nothing: the writer goes on appending and every offset stays true. Where the
 * file system cannot do that the file is emptied, and readers begin again at its start.
 */
export const trimLog = async (path: string, dropped: number): Promise<number> => {
  const { size, blocks } = await stat(path);
  if (size < dropped) return 0; // emptied by the workload or by us
  if (blocks * 512 <= MAX_BYTES) return dropped;
  const upTo = Math.floor((size - KEEP_BYTES) / BLOCK) * BLOCK;
  try {
    await run(["fallocate", "--punch-hole", "--offset", "0", "--length", String(upTo), "--", path], TRIM_TIMEOUT_MS);
    return upTo;
  } catch {
    await truncate(path, 0);
    return 0;
  }
};

/** Reads both files from `cursor` on and follows them until `isOver` says that nothing will come any more. */
export async function* followFiles(
  files: LogFiles,
  cursor: string | null,
  dropped: () => Offsets,
  isOver: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const offsets = readOffsets(cursor);
  let pauseMs = SHORT_PAUSE_MS;
  while (!signal.aborted) {
    const over = isOver(); // asked before reading: what was written before the end is read after it
    let progress = false;
    for (const stream of ["stdout", "stderr"] as const) {
      if (!over && statSync(files[stream], { throwIfNoEntry: false })?.size === offsets[stream]) continue; // the usual case
      for await (const line of readNew(files[stream], offsets[stream], dropped()[stream], over)) {
        progress = true;
        offsets[stream] = line.next;
        if (line.text !== null) {
          yield { at: line.at, stream, text: line.text, cursor: JSON.stringify(offsets) };
          if (signal.aborted) return;
        }
      }
    }
    if (!progress && over) return;
    if (!progress) await sleep(pauseMs, signal);
    pauseMs = progress ? SHORT_PAUSE_MS : Math.min(pauseMs * 1.5, LONG_PAUSE_MS);
  }
}

/** A cursor that cannot be read stands for the start: lines twice are better than lines lost. */
const readOffsets = (cursor: string | null): Offsets => {
  if (cursor !== null) {
    try {
      return OffsetsText.parse(JSON.parse(cursor));
    } catch {
      // falls through
    }
  }
  return { stdout: 0, stderr: 0 };
};

type Line = { at: Date; text: string | null; next: number };

/** The whole lines of one chunk after `from`; also the unfinished last one when no more will come. */
async function* readNew(path: string, from: number, dropped: number, over: boolean): AsyncGenerator<Line> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return;
  try {
    const { size, mtime } = await file.stat();
    const now = new Date();
    const at = mtime < now ? mtime : now; // the moment of writing, or the nearest later one that is known
    if (size < from) {
      yield { at, text: null, next: 0 };
      return;
    }
    if (from < dropped) {
      yield {
        at,
        text: `[homeport] ${dropped - from} bytes of this log were dropped because nobody could take them in time.`,
        next: dropped,
      };
      return;
    }
    const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, size - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, from);
    const atEnd = from + bytesRead >= size;
    let start = 0;
    while (start < bytesRead) {
      const newline = buffer.indexOf(0x0a, start);
      const whole = newline >= 0 && newline < bytesRead;
      const end = Math.min(whole ? newline : bytesRead, start + MAX_LINE_BYTES);
      if (!whole && end - start < MAX_LINE_BYTES && !(over && atEnd)) return; // the rest of the line is still to come
      const next = end === newline ? end + 1 : end;
      yield { at, text: toText(buffer.subarray(start, end)), next: from + next };
      start = next;
    }
  } finally {
    await file.close();
  }
}

const toText = (bytes: Buffer): string => bytes.toString("utf8").replace(/\r$/, "");

/** The last lines of both files: first those of stdout, then those of stderr, where errors usually are. */
export const tailFiles = async (files: LogFiles, dropped: Offsets, count: number): Promise<string[]> => {
  const [stdout, stderr] = await Promise.all([tail(files.stdout, dropped.stdout), tail(files.stderr, dropped.stderr)]);
  return [...stdout, ...stderr].slice(-count);
};

const tail = async (path: string, dropped: number): Promise<string[]> => {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(size < dropped ? 0 : dropped, size - MAX_LINE_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, from);
    const lines = buffer.subarray(0, bytesRead).toString("utf8").split(/\r?\n/);
    if (from > dropped) lines.shift(); // begins in the middle of a line
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  } finally {
    await file.close();
  }
};
