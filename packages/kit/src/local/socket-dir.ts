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
  makeOwnDir(dir, 0o700, user);
  return dir;
}

/**
 * Makes the folder, for `user` or whoever we are, or takes the one that is there.
 * @throws {DomainError} unavailable, when it is somebody else's, or lets others do more than `mode` does
 */
export function makeOwnDir(dir: string, mode: number, user: SystemUser | null = null): void {
  try {
    mkdirSync(dir, { mode });
    if (user) chownSync(dir, user.uid, user.gid);
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) throw err;
  }
  // In a folder that all may write to, what we find may be a trap: a link, or a folder that lets others in.
  const found = lstatSync(dir);
  const isOwn = found.isDirectory() && found.uid === (user?.uid ?? process.getuid?.());
  if (!isOwn || (found.mode & 0o077 & ~mode) !== 0)
    throw new DomainError("unavailable", `${dir} belongs to somebody else, or others may change it. Remove it.`);
}
