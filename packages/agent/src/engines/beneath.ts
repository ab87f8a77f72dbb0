import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * Files inside a folder that somebody else may write to at the same time. Each name of a path is opened by itself, from the
 * folder before it and without following links, so that nothing outside can be reached, whatever is exchanged meanwhile:
 * what openat2(2) does with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, which Bun has no way to ask for. Linux only.
 */

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Not blocking: a pipe that somebody put there would be waited for without end. */
const ANY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The path by which an open folder's entries are found, wherever the folder is by now. */
export const pathOf = (folder: FileHandle): string => `/proc/self/fd/${folder.fd}`;

/**
 * Calls `use` with what is at `path`, for reading, and closes it. `root` is a folder of ours, and its own path is trusted.
 * Rejects with the system's error: ENOENT, ELOOP and ENOTDIR where a link stands, EACCES.
 */
export const withBeneath = async <T>(root: string, path: string, use: (file: FileHandle) => Promise<T>): Promise<T> => {
  const names = path.split("/").filter((name) => name !== "");
  if (names.some((name) => name === "." || name === "..")) throw new Error("A path inside a volume has no . and no ..");
  let current = await open(root, FOLDER);
  try {
    for (const [at, name] of names.entries()) {
      const next = await open(`${pathOf(current)}/${name}`, at < names.length - 1 ? FOLDER : ANY);
      await current.close();
      current = next;
    }
    return await use(current);
  } finally {
    await current.close();
  }
};
