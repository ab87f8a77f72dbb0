import type { Sql } from "@homeport/kit/db/connect.ts";
import type { EventLog } from "@homeport/kit/events/log.ts";
import { AccessChange } from "../access-change.ts";
import { listAccessChanges } from "../store/access-changes.ts";
import type { Revocations } from "./revocations.ts";

/** When there were more, all tokens of before are void. */
const MAX_READ = 10_000;

/**
 * Notes whose access changes, from `ms` ago on: a token may be from before this process started. What it gives back ends
 * that.
 */
export const followAccess = async (
  sql: Sql,
  events: EventLog,
  revocations: Revocations,
  ms: number,
): Promise<() => void> => {
  const note = (event: unknown): void => revocations.note(AccessChange.parse(event));
  const unsubscribe = events.subscribe(["auth.access.changed"], note); // first, so that nothing falls in between
  const changes = await listAccessChanges(sql, ms, MAX_READ + 1);
  if (changes.length > MAX_READ) note({ ...changes[0], organisationId: null, data: {} });
  for (const change of changes) note(change);
  return unsubscribe;
};
