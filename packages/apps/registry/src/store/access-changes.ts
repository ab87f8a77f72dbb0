import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { AccessChange } from "../access-change.ts";

/** What the clocks of those who write events may differ by. */
const CLOCKS_MS = 5 * 60_000;

/** Changes of somebody's access in the last `ms`, newest first, and perhaps some older ones. */
export const listAccessChanges = (sql: Db, ms: number, limit: number): Promise<AccessChange[]> => {
  const oldest = Bun.randomUUIDv7("hex", Date.now() - ms - CLOCKS_MS); // ids of events sort by their time
  return sql<AccessChange[]>`
    select seq, organisation_id as "organisationId", data
    from platform.events
    where id > ${oldest} and type = 'auth.access.changed' and source = 'auth' and seq is not null
    order by seq desc
    limit ${limit}`.catch(dbError());
};
