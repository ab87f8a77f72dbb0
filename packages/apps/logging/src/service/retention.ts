import { log } from "../log.ts";
import { listOldChunks, removeOldChunks } from "../store/chunks.ts";
import { lockStreams, recountStreams, removeBuildLogs } from "../store/streams.ts";
import { removeWriters } from "../store/writers.ts";
import type { LoggingDeps } from "./deps.ts";

/** Rows removed in one transaction, so that nobody who writes has to wait for long. */
const BATCH = 500;
/** Beyond its age a build log that never ended is kept so long: a build may wait for a runner, and run silently. */
const ABANDONED_MS = 30 * 24 * 3_600_000;

/** Removes what is older than it is kept. Safe to repeat and to interrupt. */
export const removeOldLogs = async (deps: LoggingDeps, signal: AbortSignal): Promise<void> => {
  const { runtimeAgeMs, buildAgeMs } = deps.limits();
  const ago = (ms: number): Date => new Date(deps.clock().getTime() - ms);
  const chunks = await repeat(signal, () => removeChunks(deps, ago(runtimeAgeMs)));
  const ages = { endedBefore: ago(buildAgeMs), abandonedBefore: ago(buildAgeMs + ABANDONED_MS) };
  const builds = await repeat(signal, () => removeBuildLogs(deps.sql, ages, BATCH));
  // A writer that comes back after this is told to count from 0 again.
  await repeat(signal, () => removeWriters(deps.sql, ago(Math.max(runtimeAgeMs, buildAgeMs)), BATCH));
  if (chunks + builds > 0) log.info({ chunks, builds }, "old logs were removed");
};

const removeChunks = (deps: LoggingDeps, before: Date): Promise<number> =>
  deps.sql.begin(async (tx) => {
    const chunks = await listOldChunks(tx, before, BATCH);
    if (chunks.length === 0) return 0;
    const streams = [...new Set(chunks.map(({ streamId }) => streamId))];
    await lockStreams(tx, streams); // first, as appends do; and the statements after it see what those have left
    await removeOldChunks(tx, chunks, before);
    await recountStreams(tx, streams);
    return chunks.length;
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
