import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { run } from "./run-command.ts";

const log = createLogger("local");

/** Whom a local server runs as. */
export type SystemUser = { uid: number; gid: number };

/** Ours first; Debian's `postgres` where it exists, so that nothing is added to a machine that has one. */
const ACCOUNTS = ["homeport-db", "postgres"] as const;

/**
 * The unprivileged account for a local server, or null when this process is unprivileged itself. Postgres refuses to
 * run as root. The owner of an existing `dir` wins; a missing account is made.
 */
export async function serverUser(dir: string): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const account of ACCOUNTS) {
    const user = await findAccount(account);
    if (user) return user;
  }
  const [name] = ACCOUNTS;
  await run([
    "useradd",
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
    name,
  ]);
  log.info({ account: name }, "system account created, local servers do not run as root");
  const made = await findAccount(name);
  if (!made)
    throw new DomainError(
      "unavailable",
      `The system account "${name}" could not be made; run Homeport as a user that is not root.`,
    );
  return made;
}

async function findAccount(name: string): Promise<SystemUser | null> {
  const uid = await run(["id", "-u", name]).catch(() => null);
  const gid = await run(["id", "-g", name]).catch(() => null);
  return uid === null || gid === null ? null : { uid: Number(uid), gid: Number(gid) };
}

/**
 * How to start `argv` as `user`. Where a folder above one of `paths` is closed to that user, a clone in /root say, the
 * process keeps one capability: to read and pass folders regardless of their mode (needs setpriv, which Debian has).
 */
export function commandAs(
  user: SystemUser | null,
  argv: readonly string[],
  paths: readonly string[],
): { argv: string[]; user: SystemUser | null } {
  if (user === null || paths.every((path) => canReach(path, user))) return { argv: [...argv], user };
  const prefix = [
    "setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
    "--securebits=+no_setuid_fixup", // else access(2), which Postgres asks about its own files, ignores the capability
    "--",
  ]; // biome-ignore format: grouped by meaning
  return { argv: [...prefix, ...argv], user: null };
}

/** Whether `user` may pass every folder on the way to `path`. Group membership beyond the primary group is not looked at. */
export function canReach(path: string, user: SystemUser): boolean {
  for (let dir = dirname(resolve(path)); ; dir = dirname(dir)) {
    const { mode, uid, gid } = statSync(dir);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}
