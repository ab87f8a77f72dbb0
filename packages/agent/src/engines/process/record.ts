import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DesiredReplica } from "@homeport/clusters/contract.ts";
import { isId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { log } from "../../log.ts";
import { isMissing, readState, writeState } from "../../state-file.ts";
import { type EnginePaths, UNFINISHED } from "./paths.ts";
import { ProcessIdentity } from "./proc.ts";

const Running = z.object({
  kind: z.literal("running"),
  startedAt: z.coerce.date(),
  outer: ProcessIdentity,
  init: ProcessIdentity.nullable(),
  main: ProcessIdentity,
});

const Exited = z.object({
  kind: z.literal("exited"),
  code: z.number().int().nullable(),
  oomKilled: z.boolean(),
  at: z.coerce.date(),
  /** Of what ended; older agents did not write it down. */
  startedAt: z.coerce.date().nullable().default(null),
});

/** What the engine has to know of a replica to find it again; it is the mark that makes a process ours. */
export const ReplicaRecord = z.object({
  nodeId: z.uuid(),
  replica: DesiredReplica,
  /** The user it runs as; null when that is the agent's own. */
  uid: z.number().int().nullable(),
  /** Its PORT, on 127.0.0.1. */
  port: z.number().int(),
  restarts: z.number().int(),
  /** Process ids are only meaningful within the boot they were written in. */
  bootId: z.string().max(64),
  /** Bytes at the start of each log that were let go to bound its size. */
  dropped: z.object({ stdout: z.number().int(), stderr: z.number().int() }),
  state: z.discriminatedUnion("kind", [z.object({ kind: z.literal("created") }), Running, Exited]),
});
export type ReplicaRecord = z.infer<typeof ReplicaRecord>;

const writes = new WeakMap<ReplicaRecord, Promise<void>>();

/** Writes what the record is when its turn comes: one write after the other, so that an older state never comes last. */
export const writeRecord = (paths: EnginePaths, record: ReplicaRecord): Promise<void> => {
  const write = () => writeState(paths.replica(record.replica.id).record, record);
  const next = (writes.get(record) ?? Promise.resolve()).then(write, write);
  writes.set(record, next);
  next.catch(() => undefined); // the caller learns of it
  return next;
};

/**
 * Every replica on disk, after clearing away what a crash left half made or half removed.
 *
 * @throws when a record cannot be read: the agent must not act as if the replica did not exist.
 */
export const readRecords = async (paths: EnginePaths): Promise<ReplicaRecord[]> => {
  const records: ReplicaRecord[] = [];
  for (const name of await namesIn(paths.replicas)) {
    if (name.endsWith(UNFINISHED)) {
      await rm(join(paths.replicas, name), { recursive: true, force: true });
    } else if (isId(name)) {
      const record = await readState(paths.replica(name).record, ReplicaRecord);
      if (record === null) await removeReplicaDir(paths, name);
      else records.push(record);
    } else {
      log.warn({ name }, "a file that is not ours lies among the replicas and is left alone");
    }
  }
  return records;
};

/** First out of the way in one step, then bit by bit: a crash in between leaves nothing that looks like a replica. */
export const removeReplicaDir = async (paths: EnginePaths, id: string): Promise<void> => {
  const { dir } = paths.replica(id);
  const doomed = `${dir}.${Bun.randomUUIDv7()}${UNFINISHED}`;
  try {
    await rename(dir, doomed);
  } catch (err) {
    if (isMissing(err)) return;
    throw err;
  }
  await rm(doomed, { recursive: true, force: true });
};

export const namesIn = async (dir: string): Promise<string[]> => {
  try {
    return await readdir(dir);
  } catch (err) {
    if (isMissing(err)) return [];
    throw err;
  }
};
