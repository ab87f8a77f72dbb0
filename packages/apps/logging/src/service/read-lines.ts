import { type Chunk, unpackLines } from "../chunk.ts";
import { MiB } from "../limits.ts";
import { bytesOf, type LineFilter, matcherOf, type NumberedLine } from "../line.ts";
import { listChunksAfter, listChunksBefore } from "../store/chunks.ts";
import type { StreamId } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";

/** Where to read: the lines above a number, oldest first, or those below one, newest first. */
export type Position = { after: number } | { before: number };

export type LineQuery = { position: Position; limit: number; filter: LineFilter };

/** `scannedTo`: a search that stopped before it had seen everything, and the line it got to. */
export type FoundLines = { lines: NumberedLine[]; scannedTo: number | null };

/** Chunks fetched at once. */
const BATCH = 4;
/** Text in one answer, whatever the number of lines; at least one line is in it. */
const MAX_TEXT_BYTES = 4 * MiB;
/** Chunks that one search opens, about 4 MiB of text: some tens of milliseconds. */
const MAX_SEARCHED = 64;

/** Reads or searches lines of a stream; they come back in ascending order. */
export const readLines = async (deps: LoggingDeps, id: StreamId, query: LineQuery): Promise<FoundLines> => {
  const isForward = "after" in query.position;
  const matches = matcherOf(query.filter);
  const found: NumberedLine[] = [];
  let room = MAX_TEXT_BYTES;
  let searched = 0;
  let scannedTo: number | null = null;
  const isFull = () => found.length >= query.limit || room <= 0;
  for await (const chunk of chunksFrom(deps, id, query)) {
    if (isFull() || (matches !== null && searched === MAX_SEARCHED)) {
      const more = matches === null ? null : scannedTo;
      return { lines: inOrder(found, isForward), scannedTo: more };
    }
    searched++;
    for (const line of linesFrom(chunk, query.position)) {
      if (isFull()) break;
      scannedTo = line.n;
      if (matches !== null && !matches(line)) continue;
      found.push(line);
      room -= bytesOf(line);
    }
  }
  const stoppedEarly = matches !== null && isFull();
  return { lines: inOrder(found, isForward), scannedTo: stoppedEarly ? scannedTo : null };
};

const inOrder = (lines: NumberedLine[], isForward: boolean): NumberedLine[] => (isForward ? lines : lines.toReversed());

/** The wanted lines of a chunk in the direction of reading. */
const linesFrom = (chunk: Chunk, position: Position): NumberedLine[] => {
  const lines = unpackLines(chunk);
  if ("after" in position) return lines.filter(({ n }) => n > position.after);
  return lines.filter(({ n }) => n < position.before).reverse();
};

async function* chunksFrom(deps: LoggingDeps, id: StreamId, { position, filter }: LineQuery): AsyncGenerator<Chunk> {
  let at = "after" in position ? position.after : position.before;
  for (;;) {
    const chunks =
      "after" in position
        ? await listChunksAfter(deps.sql, id, at, filter, BATCH)
        : await listChunksBefore(deps.sql, id, at, filter, BATCH);
    yield* chunks;
    const last = chunks.at(-1);
    if (last === undefined || chunks.length < BATCH) return;
    at = "after" in position ? last.firstLine + last.lineCount - 1 : last.firstLine;
  }
}

/** No filter: every line. */
export const EVERY_LINE: LineFilter = { text: null, from: null, to: null };
