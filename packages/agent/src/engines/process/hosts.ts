import { open } from "node:fs/promises";
import { isMissing } from "../../state-file.ts";

/**
 * Changes a hosts file where it stands. Sandboxes have the file itself mounted, not its folder: a new file under the same
 * name would never be seen by what already runs.
 */
export const updateHosts = async (path: string, content: string): Promise<void> => {
  try {
    const file = await open(path, "r+");
    try {
      if ((await file.readFile("utf8")) === content) return;
      const bytes = Buffer.from(content);
      await file.write(bytes, 0, bytes.byteLength, 0);
      await file.truncate(bytes.byteLength); // only now, so that a reader never finds it empty
    } finally {
      await file.close();
    }
  } catch (err) {
    if (!isMissing(err)) throw err; // the replica was removed meanwhile
  }
};
