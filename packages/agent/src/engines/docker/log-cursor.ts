import { z } from "zod";
import type { LogStream } from "../../ports.ts";

/**
 * A place in a container's log. The engine can only reopen a log at a time, so the place is, per stream, the time of the
 * last message taken and how many of that very time were taken. Per stream, because each stream has its own writer inside
 * dockerd: times grow within one stream, and may be slightly out of order between the two.
 */
type Mark = { at: string; taken: number };
export type LogCursor = { stdout: Mark | null; stderr: Mark | null };

const Mark = z.object({ at: z.string().max(40), taken: z.number().int().min(1) });
const LogCursorText = z.object({ stdout: Mark.nullable(), stderr: Mark.nullable() });

export const START: LogCursor = { stdout: null, stderr: null };

export const writeCursor = (cursor: LogCursor): string => JSON.stringify(cursor);

/** A cursor that cannot be read stands for the start: lines twice are better than lines lost. */
export const readCursor = (text: string | null): LogCursor => {
  if (text === null) return START;
  try {
    return LogCursorText.parse(JSON.parse(text));
  } catch {
    return START;
  }
};

export const advance = (cursor: LogCursor, stream: LogStream, at: string): LogCursor => {
  const mark = cursor[stream];
  return { ...cursor, [stream]: { at, taken: mark !== null && mark.at === at ? mark.taken + 1 : 1 } };
};

/** Writers of the two streams are never further apart than this. */
const DISORDER_MS = 1000;

/** Where to reopen: Docker's `since`, in seconds with a fraction; null for the beginning. */
export const sinceOf = (cursor: LogCursor): string | null => {
  const times = [cursor.stdout, cursor.stderr].flatMap((mark) => (mark === null ? [] : [Date.parse(mark.at)]));
  if (times.length === 0) return null;
  const since =
    times.length === 2
      ? Math.max(Math.min(...times), Math.max(...times) - DISORDER_MS)
      : Math.max(...times) - DISORDER_MS;
  return (since / 1000).toFixed(3);
};

/** Decides, message by message after reopening at `sinceOf(cursor)`, which ones were taken before. */
export const createSkipper = (cursor: LogCursor): ((stream: LogStream, at: string) => boolean) => {
  const left = { stdout: cursor.stdout?.taken ?? 0, stderr: cursor.stderr?.taken ?? 0 };
  return (stream, at) => {
    const mark = cursor[stream];
    if (mark === null || at > mark.at) return false;
    if (at < mark.at) return true;
    left[stream] -= 1;
    return left[stream] >= 0;
  };
};
