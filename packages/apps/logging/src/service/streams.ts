import { afterCommit } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { noteLine } from "../line.ts";
import { findStream, insertStream, lockStream, removeStream, setEnded } from "../store/streams.ts";
import type { LogStream, StreamId, StreamOwner } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";
import { storeLines } from "./write-lines.ts";

const missing = () => new DomainError("not_found", "There is no such stream.");

/** @throws {DomainError} not_found */
export const getStream = async (deps: LoggingDeps, id: StreamId): Promise<LogStream> => {
  const stream = await findStream(deps.sql, id);
  if (stream === null) throw missing();
  return stream;
};

/** Makes a stream unless it is there. Safe to repeat. @throws {DomainError} conflict, when it is somebody else's */
export const createStream = async (deps: LoggingDeps, id: StreamId, owner: StreamOwner): Promise<LogStream> => {
  await insertStream(deps.sql, id, owner, deps.clock());
  const stream = await getStream(deps, id);
  if (stream.organisationId !== owner.organisationId || stream.projectId !== owner.projectId) {
    throw new DomainError("conflict", "This stream belongs to another project.");
  }
  return stream;
};

/** Says that nothing more will come; those who follow it stop. Safe to repeat. @throws {DomainError} not_found */
export const endStream = async (deps: LoggingDeps, id: StreamId): Promise<LogStream> => {
  await deps.sql.begin(async (tx) => {
    const stream = await lockStream(tx, id);
    if (stream === null) throw missing();
    if (stream.endedAt !== null) return;
    if (stream.droppedLines > 0) {
      const note = noteLine(`${stream.droppedLines} lines were dropped.`, deps.clock());
      await storeLines(deps, tx, stream, { taken: [note], dropped: 0, isFull: true }); // the one line a full log takes
    }
    await setEnded(tx, id, deps.clock());
    afterCommit(tx, () => deps.channel.announce(id, stream.nextLine - 1));
  });
  return await getStream(deps, id);
};

/** Removes a log with all its lines. False when it is not there. */
export const dropStream = async (deps: LoggingDeps, id: StreamId): Promise<boolean> => {
  const removed = await removeStream(deps.sql, id);
  if (removed) deps.channel.announce(id, 0); // who follows it looks, and finds it gone
  return removed;
};
