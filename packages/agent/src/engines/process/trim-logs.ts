import { log } from "../../log.ts";
import { sleep } from "../../sleep.ts";
import { trimLog } from "./log-file.ts";
import type { EnginePaths } from "./paths.ts";
import { type ReplicaRecord, writeRecord } from "./record.ts";

const EVERY_MS = 10_000;

/** Keeps every replica's log within its bound until `signal` is aborted. */
export const trimLogs = async (
  paths: EnginePaths,
  records: ReadonlyMap<string, ReplicaRecord>,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    await sleep(EVERY_MS, signal);
    for (const record of records.values()) {
      try {
        await trim(paths, record);
      } catch (err) {
        log.debug({ err, replicaId: record.replica.id }, "a log could not be trimmed"); // not started yet, or removed
      }
    }
  }
};

const trim = async (paths: EnginePaths, record: ReplicaRecord): Promise<void> => {
  const { stdout, stderr } = paths.replica(record.replica.id);
  const { dropped } = record;
  const now = { stdout: await trimLog(stdout, dropped.stdout), stderr: await trimLog(stderr, dropped.stderr) };
  if (now.stdout === dropped.stdout && now.stderr === dropped.stderr) return;
  record.dropped = now;
  await writeRecord(paths, record);
};
