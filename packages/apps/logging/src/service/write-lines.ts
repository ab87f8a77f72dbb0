import { afterCommit, type Tx } from "@homeport/kit/db/connect.ts";
import { type Chunk, isOpen, packLines, unpackLines } from "../chunk.ts";
import { bytesOf, type Line, noteLine } from "../line.ts";
import { findNewestChunk, removeOldestBeyond, saveChunks } from "../store/chunks.ts";
import { recountStreams, saveGrowth } from "../store/streams.ts";
import { kindOf, type LogStream } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";

/** What is left of a quota after it was exceeded, so that not every append has to make room. */
const QUOTA_KEPT = 0.9;

/** What of some lines goes into a stream. */
export type Admitted = { taken: readonly Line[]; dropped: number; isFull: boolean };

/**
 * Adds lines to a stream that is locked. Returns the number of its newest line. Those who follow are told once the
 * transaction has committed.
 */
export const storeLines = async (
  deps: LoggingDeps,
  tx: Tx,
  stream: LogStream,
  { taken, dropped, isFull }: Admitted,
): Promise<number> => {
  const now = deps.clock();
  const sizeChange = taken.length === 0 ? 0 : await appendToChunks(tx, stream, taken, now);
  const growth = {
    nextLine: stream.nextLine + taken.length,
    textBytes: stream.textBytes + taken.reduce((sum, line) => sum + bytesOf(line), 0),
    storedBytes: stream.storedBytes + sizeChange,
    droppedLines: stream.droppedLines + dropped,
    fullAt: stream.fullAt ?? (isFull ? now : null),
  };
  await saveGrowth(tx, stream.id, growth, now);
  const { runtimeBytes } = deps.limits();
  if (kindOf(stream.id) === "runtime" && growth.storedBytes > runtimeBytes) {
    await removeOldestBeyond(tx, stream.id, Math.floor(runtimeBytes * QUOTA_KEPT));
    await recountStreams(tx, [stream.id]);
  }
  afterCommit(tx, () => deps.channel.announce(stream.id, growth.nextLine - 1));
  return growth.nextLine - 1;
};

/** Logs of builds and of one-off commands end at their limit with a note; runtime logs go on and lose their beginning instead. */
export const admitLines = (deps: LoggingDeps, stream: LogStream, lines: readonly Line[]): Admitted => {
  if (kindOf(stream.id) === "runtime") return { taken: lines, dropped: 0, isFull: false };
  if (stream.fullAt !== null) return { taken: [], dropped: lines.length, isFull: true };
  const { buildBytes } = deps.limits();
  let room = buildBytes - stream.textBytes;
  const end = lines.findIndex((line) => {
    room -= bytesOf(line);
    return room < 0;
  });
  if (end === -1) return { taken: lines, dropped: 0, isFull: false };
  const megabytes = Math.round(buildBytes / 1e6);
  const note = noteLine(
    `The log reached its limit of ${megabytes} MB. What comes after this line is dropped.`,
    deps.clock(),
  );
  return { taken: [...lines.slice(0, end), note], dropped: lines.length - end, isFull: true };
};

/** Fills up the newest chunk and begins others. Returns by how much the stream grew on disk. */
const appendToChunks = async (tx: Tx, stream: LogStream, lines: readonly Line[], now: Date): Promise<number> => {
  const newest = await findNewestChunk(tx, stream.id);
  const open = newest !== null && isOpen(newest, now) ? newest : null;
  const earlier = open === null ? [] : unpackLines(open);
  const chunks = packLines([...earlier, ...lines], open?.firstLine ?? stream.nextLine);
  await saveChunks(tx, stream.id, chunks, now);
  return sizeOf(chunks) - (open === null ? 0 : open.data.byteLength);
};

const sizeOf = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { data }) => sum + data.byteLength, 0);
