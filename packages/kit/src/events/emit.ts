import { jsonb } from "../db/connect.ts";
import { afterCommit } from "../db/transaction.ts";
import type { Sql, Tx } from "../db/types.ts";
import { DomainError } from "../errors.ts";
import type { NewEvent } from "./event.ts";

/** An event says what happened; who wants more asks the app. Larger ones would crowd the readers' memory. */
const MAX_DATA_BYTES = 64 * 1024;

/** The event logs of this process; each is woken when a transaction with an event has committed. */
const listeners = new Set<() => void>();

/**
 * Writes an event with the rest of the transaction `db`: it exists exactly if the change it tells of does. Returns its
 * id; its place in the log is given after the commit.
 * @throws {DomainError} too_large, when `data` is over 64 KiB of JSON.
 */
export async function emit(db: Tx | Sql, event: NewEvent): Promise<string> {
  const size = Buffer.byteLength(JSON.stringify(event.data));
  if (size > MAX_DATA_BYTES)
    throw new DomainError(
      "too_large",
      `The data of event ${event.type} has ${size} bytes; ${MAX_DATA_BYTES} are allowed.`,
    );
  const id = Bun.randomUUIDv7();
  await db`
    insert into platform.events (id, type, source, subject, organisation_id, project_id, data, actor)
    values (
      ${id}, ${event.type}, ${event.source}, ${event.subject ?? null}, ${event.organisationId ?? null},
      ${event.projectId ?? null}, ${jsonb(db, event.data)}, ${event.actor ? jsonb(db, event.actor) : null}
    )`;
  afterCommit(db, notifyListeners);
  return id;
}

/** Calls `listener` after each commit of an event in this process; what it gives back ends that. */
export function onEmitted(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function notifyListeners(): void {
  for (const listener of listeners) listener();
}
