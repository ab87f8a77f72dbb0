import { chownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { invariant } from "@homeport/kit/errors.ts";

/** The unprivileged user of builds. Group and user have the same number. */
export type BuildUser = { uid: number };

/** Numbers of their own: agents use 200000 to 209999 for workloads, and systems give people and services lower ones. */
const FIRST_UID = 210_000;
const LAST_UID = 259_999;

/**
 * The user that builds of an organisation run as, and the folder its package managers cache in. Organisations never
 * share either. The owner of the cache folder is the record: nothing else has to be kept. Without root all builds run
 * as the runner's own user.
 */
export const openBuildCache = (
  cacheRoot: string,
  organisationId: string,
): { folder: string; user: BuildUser | null } => {
  const folder = join(cacheRoot, organisationId);
  mkdirSync(cacheRoot, { recursive: true, mode: 0o700 });
  const isRoot = process.getuid?.() === 0;
  const owner = ownerOf(folder);
  if (owner !== null && (!isRoot || isBuildUid(owner))) return { folder, user: isRoot ? { uid: owner } : null };
  // No other process gives out numbers below this folder, and nothing here waits: two jobs cannot get the same one.
  const uid = nextUid(cacheRoot);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isRoot) return { folder, user: null };
  chownSync(folder, uid, uid);
  return { folder, user: { uid } };
};

const nextUid = (cacheRoot: string): number => {
  const owners = readdirSync(cacheRoot).map((name) => ownerOf(join(cacheRoot, name)) ?? 0);
  const used = new Set(owners);
  let uid = Math.max(FIRST_UID - 1, ...owners.filter(isBuildUid)) + 1;
  if (uid > LAST_UID) uid = FIRST_UID;
  while (used.has(uid)) uid++;
  invariant(uid <= LAST_UID, "there are fewer organisations with a cache than numbers");
  return uid;
};

const isBuildUid = (uid: number): boolean => uid >= FIRST_UID && uid <= LAST_UID;

const ownerOf = (folder: string): number | null => lstatSync(folder, { throwIfNoEntry: false })?.uid ?? null;
