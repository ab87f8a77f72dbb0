import type { Db } from "../db/types.ts";
import type { PlatformEvent } from "./event.ts";

/** What one look at the log gives at most: with 64 KiB each this is already 32 MiB in the worst case. */
export const PAGE = 500;

/** Gives numbers to committed events; `pending` says that some wait for a transaction older than theirs to end. */
export async function sequenceEvents(db: Db): Promise<{ head: number; pending: boolean }> {
  const [row] = await db<
    [{ head: number; pending: boolean }]
  >`select head, pending from platform.sequence_events(${PAGE})`;
  return row;
}

/** The last number given, and the last one whose event was removed for its age. */
export async function readBounds(db: Db): Promise<{ head: number; pruned: number }> {
  const [row] = await db<[{ head: number; pruned: number }]>`select last as head, pruned from platform.event_sequence`;
  return row;
}

/**
 * Which events a reader wants. Null organisation means every one, and those of the platform itself; null projects mean
 * all of them, and what is of no project.
 */
export type EventFilter = {
  types: readonly string[];
  organisationId: string | null;
  projectIds: readonly string[] | null;
};

/**
 * The events after `after` that match, oldest first, at most a page. Looks no further than `upTo`: with a window a
 * reader of rare types stays bounded on a long log.
 */
export function listEvents(
  db: Db,
  range: { after: number; upTo: number },
  filter: EventFilter,
): Promise<PlatformEvent[]> {
  const whole = filter.types.filter((type) => !type.endsWith("*"));
  const prefixes = filter.types.filter((type) => type.endsWith("*")).map((type) => type.slice(0, -1));
  return db<PlatformEvent[]>`
    select
      id, seq, type, source, subject, organisation_id as "organisationId", project_id as "projectId", data, actor,
      occurred_at as "occurredAt"
    from platform.events
    where seq > ${range.after}
      and seq <= ${range.upTo}
      and (type = any(${whole}::text[]) or exists (select from unnest(${prefixes}::text[]) as prefix where starts_with(type, prefix)))
      and (${filter.organisationId}::uuid is null or organisation_id = ${filter.organisationId}::uuid)
      and (${filter.projectIds as string[] | null}::uuid[] is null or project_id = any (${filter.projectIds as string[] | null}::uuid[]))
    order by seq
    limit ${PAGE}`;
}

/** Removes events older than `keepDays`, except those a consumer still has to read. Returns how many. */
export async function pruneEvents(db: Db, keepDays: number): Promise<number> {
  const [row] = await db<[{ removed: number }]>`select platform.prune_events(${keepDays}, 10000) as removed`;
  return row.removed;
}
