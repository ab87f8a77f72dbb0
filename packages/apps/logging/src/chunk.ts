import { z } from "zod";
import { KiB } from "./limits.ts";
import { bytesOf, type Line, type NumberedLine } from "./line.ts";

/**
 * Lines are kept in compressed chunks: measured on 18 MB of coloured lines a chunk of 64 KiB with zstd level 3 takes an
 * eighth of the space of a row for each line, is written three times as fast, and read as fast.
 */
export type Chunk = {
  firstLine: number;
  lineCount: number;
  textBytes: number;
  firstAt: Date;
  lastAt: Date;
  data: Uint8Array;
};

const CHUNK_BYTES = 64 * KiB;
const CHUNK_LINES = 2_000;
/** Up to this size the newest chunk is opened again for new lines, so that a slow log is not a row for each line. */
const OPEN_BYTES = 32 * KiB;
const OPEN_MS = 24 * 3_600_000;
const LEVEL = 3;

/** Whether more lines may join a chunk. Not for ever, because lines grow old together with their chunk. */
export const isOpen = (chunk: Pick<Chunk, "textBytes" | "lineCount"> & { openedAt: Date }, now: Date): boolean =>
  chunk.textBytes < OPEN_BYTES &&
  chunk.lineCount < CHUNK_LINES / 2 &&
  now.getTime() - chunk.openedAt.getTime() < OPEN_MS;

/** Packs lines, the first of which is number `firstLine`, into as many chunks as they need. */
export const packLines = (lines: readonly Line[], firstLine: number): Chunk[] => {
  const chunks: Chunk[] = [];
  let part: Line[] = [];
  let size = 0;
  let next = firstLine;
  const close = () => {
    if (part.length === 0) return;
    chunks.push(toChunk(part, next, size));
    next += part.length;
    part = [];
    size = 0;
  };
  for (const line of lines) {
    const bytes = bytesOf(line);
    if (size + bytes > CHUNK_BYTES || part.length === CHUNK_LINES) close();
    part.push(line);
    size += bytes;
  }
  close();
  return chunks;
};

const toChunk = (lines: readonly Line[], firstLine: number, textBytes: number): Chunk => {
  const instants = lines.map(({ at }) => at.getTime());
  return {
    firstLine,
    lineCount: lines.length,
    textBytes,
    firstAt: new Date(Math.min(...instants)),
    lastAt: new Date(Math.max(...instants)),
    data: encode(lines),
  };
};

/** One JSON array for each line: time in ms, whether it is stderr, replica, text. */
const Row = z.tuple([z.number(), z.union([z.literal(0), z.literal(1)]), z.string().nullable(), z.string()]);
type Row = z.infer<typeof Row>;

const encode = (lines: readonly Line[]): Uint8Array => {
  const rows = lines.map(
    ({ at, stream, replica, text }): Row => [at.getTime(), stream === "stderr" ? 1 : 0, replica, text],
  );
  return Bun.zstdCompressSync(Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")), { level: LEVEL });
};

/** The lines of a chunk. @throws {Error} when its bytes are not a chunk's */
export const unpackLines = (chunk: Pick<Chunk, "firstLine" | "data">): NumberedLine[] =>
  Bun.zstdDecompressSync(chunk.data)
    .toString("utf8")
    .split("\n")
    .map((json, i) => {
      const [at, isStderr, replica, text] = Row.parse(JSON.parse(json));
      return { n: chunk.firstLine + i, at: new Date(at), stream: isStderr === 1 ? "stderr" : "stdout", replica, text };
    });
