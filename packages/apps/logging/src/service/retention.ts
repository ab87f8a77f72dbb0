import { log } from "../log.ts";
import { removeOldChunks } from "../store/chunks.ts";
import { recountStreams, removeBuildLogs } from "../store/streams.ts";
import { removeWriters } from "../store/writers.ts";
import type { LoggingDeps } from "./deps.ts";

/** Rows removed in one transaction, so that nobody who writes has to wait for long. */
const BATCH = 500;

/** Removes what is older than it is kept. Safe to repeat and to interrupt. */
export const removeOldLogs = async (deps: LoggingDeps, signal: AbortSignal): Promise<void> => {
  const { runtimeAgeMs, buildAgeMs } = deps.limits;
  const ago = (ms: number): Date => new Date(deps.clock().getTime() - ms);
  const chunks = await repeat(signal, () => removeChunks(deps, ago(runtimeAgeMs)));
  const builds = await repeat(signal, () => removeBuildLogs(deps.sql, ago(buildAgeMs), BATCH));
  // A writer that comes back after this is told to count from 0 again.
  await repeat(signal, () => removeWriters(deps.sql, ago(Math.max(runtimeAgeMs, buildAgeMs)), BATCH));
  if (chunks + builds > 0) log.info({ chunks, builds }, "old logs were removed");
};

const removeChunks = (deps: LoggingDeps, before: Date): Promise<number> =>
  deps.sql.begin(async (tx) => {
    const streams = await removeOldChunks(tx, before, BATCH);
    if (streams.length > 0) await recountStreams(tx, [...new Set(streams)]);
    return streams.length;
  });

/** Runs a batch until it finds less than it could have taken. */
const repeat = async (signal: AbortSignal, batch: () => Promise<number>): Promise<number> => {
  let sum = 0;
  for (;;) {
    const count = await batch();
    sum += count;
    if (count < BATCH || signal.aborted) return sum;
  }
};
