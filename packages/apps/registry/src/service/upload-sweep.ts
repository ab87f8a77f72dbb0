import type { Sql } from "@homeport/kit/db/connect.ts";
import { log } from "../log.ts";
import type { BlobFiles } from "../ports.ts";
import { deleteIdleUploads, findKnownUploads } from "../store/uploads.ts";

const IDLE_HOURS = 24;
const BATCH = 100;

/** Removes uploads that nobody goes on with, and files that crashes left. May run at any time, and twice at once. */
export const sweepUploads = async (sql: Sql, files: BlobFiles): Promise<void> => {
  let ids: string[];
  do {
    ids = await deleteIdleUploads(sql, IDLE_HOURS, BATCH);
    for (const id of ids) await files.discard(id);
    if (ids.length > 0) log.info({ count: ids.length }, "idle uploads removed");
  } while (ids.length === BATCH);
  const old = await files.listUploadsOlderThan(IDLE_HOURS * 3600_000);
  const known = await findKnownUploads(sql, old);
  for (const id of old) if (!known.has(id)) await files.discard(id);
};
