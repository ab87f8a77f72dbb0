import type { NumberedLine } from "../line.ts";
import { findStream } from "../store/streams.ts";
import type { StreamId } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";
import { EVERY_LINE, readLines } from "./read-lines.ts";
import type { Tails } from "./tails.ts";

/** What a follower gets: lines, a sign that nothing came for a while, or the end of the log. */
export type Followed = { kind: "lines"; lines: NumberedLine[] } | { kind: "quiet" } | { kind: "end" };

/** Lines read at once; a follower holds no more than this. */
const BATCH_LINES = 1_000;

/**
 * Yields the lines above `after`, then each new one as it comes, until the log ends or `signal` is aborted. Nothing is
 * read before it is asked for, so a slow follower costs no memory.
 */
export async function* followStream(
  deps: LoggingDeps,
  tails: Tails,
  id: StreamId,
  after: number,
  quietMs: number,
  signal: AbortSignal,
): AsyncGenerator<Followed, void> {
  const waker = tails.follow(id, signal);
  let position = after;
  let quietSince = performance.now();
  while (!signal.aborted) {
    // Asked first: a stream that had ended before its lines were read has no more after them.
    const stream = await findStream(deps.sql, id);
    const isOver = stream === null || stream.endedAt !== null;
    const { lines } = await readLines(deps, id, {
      position: { after: position },
      limit: BATCH_LINES,
      filter: EVERY_LINE,
    });
    const last = lines.at(-1);
    if (last !== undefined) {
      position = last.n;
      yield { kind: "lines", lines };
      quietSince = performance.now();
      continue;
    }
    if (isOver) {
      yield { kind: "end" };
      return;
    }
    const leftMs = quietMs - (performance.now() - quietSince);
    if (leftMs <= 0) {
      yield { kind: "quiet" };
      quietSince = performance.now();
      continue;
    }
    await waker.wait(leftMs);
  }
}
