/** Why a name in an archive is not used, or the path below the root that it means. */
export type ArchivePath = { path: string } | { refused: string };

/** PATH_MAX of Linux is 4096 bytes, with the folder we extract to in front. */
const MAX_PATH_BYTES = 3000;
const MAX_NAME_BYTES = 255;

/** The path of an entry, relative to the root: `./a//b/` is `a/b`, and the empty path is the root itself. */
export const toArchivePath = (name: string): ArchivePath => {
  if (name.startsWith("/") || /^[a-z]:[\\/]/i.test(name)) return { refused: "is an absolute path" };
  if (name.includes("\0")) return { refused: "has a NUL in it" };
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) return { refused: 'leads out of the archive with ".."' };
  const path = parts.join("/");
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) {
    return { refused: "is too long" };
  }
  return { path };
};

/**
 * Whether a symbolic link at `path` stays inside the root, whatever other links the archive has. Going up is only
 * allowed first, from the link's own folder, which is a real one: after a name, ".." could leave through another link.
 */
export const linkStaysInside = (path: string, target: string): boolean => {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const ups = parts.findIndex((part) => part !== "..");
  const count = ups === -1 ? parts.length : ups;
  const depth = path.split("/").length - 1;
  return count <= depth && !parts.slice(count).includes("..");
};
