import type { Sql } from "@homeport/kit/db/connect.ts";
import { log } from "../log.ts";
import type { BlobFiles } from "../ports.ts";
import { deleteIdleUploads, findKnownUploads } from "../store/uploads.ts";

const BATCH = 100;

/** Removes uploads that nobody went on with for `idleHours`, and files that crashes left. May run at any time, and twice at once. */
export const sweepUploads = async (sql: Sql, files: BlobFiles, idleHours: number): Promise<void> => {
  let ids: string[];
  do {
    ids = await deleteIdleUploads(sql, idleHours, BATCH);
    for (const id of ids) await files.discard(id);
    if (ids.length > 0) log.info({ count: ids.length }, "idle uploads removed");
  } while (ids.length === BATCH);
  const old = await files.listUploadsOlderThan(idleHours * 3600_000);
  const known = await findKnownUploads(sql, old);
  for (const id of old) if (!known.has(id)) await files.discard(id);
};
