import { DomainError } from "@homeport/kit/errors.ts";
import { GapError } from "../errors.ts";
import type { Line } from "../line.ts";
import { lockStream } from "../store/streams.ts";
import { findOffset, saveOffset } from "../store/writers.ts";
import type { StreamId } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";
import { admitLines, storeLines } from "./write-lines.ts";

export type Append = {
  streamId: StreamId;
  writer: string;
  /** How many lines the writer has sent before these. */
  offset: number;
  lines: readonly Line[];
};

/**
 * Adds the lines that this writer has not sent before. Safe to repeat, whole or in other portions; appends to one
 * stream take turns.
 *
 * @throws {DomainError} not_found; conflict, when the log has ended or (GapError) lines are missing
 */
export const appendLines = (
  deps: LoggingDeps,
  { streamId, writer, offset, lines }: Append,
): Promise<{ nextOffset: number; lastLine: number }> =>
  deps.sql.begin(async (tx) => {
    const stream = await lockStream(tx, streamId);
    if (stream === null) throw new DomainError("not_found", "There is no such stream.");
    const expected = await findOffset(tx, streamId, writer);
    if (offset > expected) throw new GapError(offset, expected);
    const fresh = lines.slice(expected - offset);
    if (fresh.length === 0) return { nextOffset: expected, lastLine: stream.nextLine - 1 };
    if (stream.endedAt !== null) throw new DomainError("conflict", "This log has ended.");
    const nextOffset = expected + fresh.length;
    await saveOffset(tx, streamId, writer, nextOffset, deps.clock());
    return { nextOffset, lastLine: await storeLines(deps, tx, stream, admitLines(deps, stream, fresh)) };
  });
