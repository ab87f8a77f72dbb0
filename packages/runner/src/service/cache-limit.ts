import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { log } from "../log.ts";
import { folderSize } from "../run/folder-limit.ts";
import { removeFolder } from "../run/remove-folder.ts";

const EVERY_MS = 15 * 60_000;

/**
 * Keeps what package managers download for an organisation from growing without end: a cache over the limit is emptied,
 * and the next build downloads again. To be called only while nothing is built; looks at most every quarter of an hour.
 */
export const createCacheLimit = (cacheRoot: string, maxBytes: number): ((signal: AbortSignal) => Promise<void>) => {
  let lookedAt = 0;
  return async (signal) => {
    if (Date.now() - lookedAt < EVERY_MS) return;
    lookedAt = Date.now();
    for (const name of await readdir(cacheRoot).catch(() => [])) {
      if (signal.aborted) return;
      const folder = join(cacheRoot, name);
      if ((await folderSize(folder, signal)) <= maxBytes) continue;
      log.info({ organisationId: name }, "a cache of package managers was emptied, it had become too large");
      // What is in it, not the folder: its owner is the user that the organisation's builds run as.
      for (const entry of await readdir(folder)) await removeFolder(join(folder, entry));
    }
  };
};
