import { createHash } from "node:crypto";
import { chownSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DomainError } from "../errors.ts";
import type { SystemUser } from "./system-user.ts";

/** sun_path holds 108 bytes with the closing zero on Linux, 104 on macOS. */
const MAX_SOCKET_PATH = 103;

/**
 * A folder for unix sockets that only `user` and root may enter: `wanted`, or one in the temporary folder when the path
 * of a socket named `socket` would be longer than the system takes. The same `wanted` gives the same folder again.
 * @throws {DomainError} unavailable, when somebody else made a folder of that name.
 */
export function shortSocketDir(wanted: string, socket: string, user: SystemUser | null): string {
  const fits = Buffer.byteLength(join(wanted, socket)) <= MAX_SOCKET_PATH;
  const dir = fits
    ? wanted
    : join(tmpdir(), `homeport-${createHash("sha256").update(wanted).digest("hex").slice(0, 16)}`);
  try {
    mkdirSync(dir, { mode: 0o700 });
    if (user) chownSync(dir, user.uid, user.gid);
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) throw err;
  }
  // In a folder that all may write to, what we find may be a trap: a link, or a folder that lets others in.
  const { mode, uid } = lstatSync(dir);
  const isPrivate = (mode & 0o170000) === 0o040000 && (mode & 0o077) === 0 && uid === (user?.uid ?? process.getuid?.());
  if (!isPrivate)
    throw new DomainError(
      "unavailable",
      `${dir} must be a folder that only the database's account may enter. Remove it.`,
    );
  return dir;
}
