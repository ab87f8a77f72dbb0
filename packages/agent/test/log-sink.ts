import { DomainError } from "@homeport/kit/errors.ts";
import type { LogBatch, LogLine, LogSink } from "../src/ports.ts";

/** A log sink in memory that keeps its promise: what it has already is skipped, line by line, and a gap is an error. */
export const createLogSink = () => {
  const streams = new Map<string, LogLine[]>();
  const taken = new Map<string, number>();
  const sink = {
    /** The next appends fail, as many as this says. */
    failures: 0,
    /** The next appends are taken, but their answer gets lost, as many as this says. */
    lostAnswers: 0,
    gaps: [] as string[],
    /** What a restore from a backup does: lines and counts are gone. */
    loseEverything: (): void => {
      streams.clear();
      taken.clear();
    },
    linesOf: (streamId: string): string[] => (streams.get(streamId) ?? []).map(({ text }) => text),
    textOf: (workloadId: string): string[] => sink.linesOf(`runtime.${workloadId}`),
  };
  const port: LogSink = {
    async append(batch: LogBatch) {
      if (sink.failures > 0) {
        sink.failures -= 1;
        throw new Error("the sink is away");
      }
      const known = taken.get(batch.writer) ?? 0;
      if (batch.offset > known) {
        sink.gaps.push(`${batch.writer} jumps from ${known} to ${batch.offset}`);
        throw new DomainError("conflict", "Lines before these are missing.");
      }
      const fresh = batch.lines.slice(Math.max(0, known - batch.offset));
      streams.set(batch.streamId, [...(streams.get(batch.streamId) ?? []), ...fresh]);
      taken.set(batch.writer, Math.max(known, batch.offset + batch.lines.length));
      if (sink.lostAnswers > 0) {
        sink.lostAnswers -= 1;
        throw new Error("the answer got lost");
      }
    },
  };
  return Object.assign(sink, { port });
};
