import { type GitRef, isCommit, mayBeShortCommit } from "../git-ref.ts";
import type { Git } from "./git-command.ts";
import { missingRef } from "./git-errors.ts";

/** Where the commit lands in the build's own repository; nothing of the remote's names is used there. */
export const TARGET = "refs/homeport/source";

/** What is wanted of a repository. A commit goes before the name: where that leads may have changed since. */
export type Wanted = { ref: GitRef | undefined; commit: GitRef | undefined };

/**
 * Fetches what is wanted into TARGET, and gives the branch that it is on, if it is known to be one.
 *
 * @throws {BuildFailure} ref_not_found, and what git fails with
 */
export const fetchTarget = async (git: Git, address: string, { ref, commit }: Wanted): Promise<string | null> => {
  if (commit !== undefined) {
    await fetchCommit(git, address, commit);
    const name = ref === undefined || isCommit(ref) ? null : await findName(git, address, ref);
    return branchOf(name);
  }
  if (ref !== undefined && isCommit(ref)) {
    await fetchCommit(git, address, ref);
    return null;
  }
  const name = ref === undefined ? await findDefault(git, address) : await findName(git, address, ref);
  if (name !== null) {
    await fetchOne(git, address, name, ref);
    return branchOf(name);
  }
  if (ref === undefined || !mayBeShortCommit(ref)) throw missingRef(ref);
  await fetchEverything(git, address, ref);
  return null;
};

const BRANCH = "refs/heads/";

const branchOf = (name: string | null): string | null =>
  name?.startsWith(BRANCH) === true ? name.slice(BRANCH.length) : null;

/** The full name of a branch or tag; a branch wins over a tag of the same name. */
const findName = async (git: Git, address: string, ref: GitRef): Promise<string | null> => {
  const names = ref.startsWith("refs/") ? [ref] : [`${BRANCH}${ref}`, `refs/tags/${ref}`];
  const lines = await git.run(["ls-remote", "--", address, ...names]);
  const found = new Set(lines.map((line) => line.split("\t")[1]));
  return names.find((name) => found.has(name)) ?? null;
};

/** The full name of the default branch; HEAD where the server does not tell; null for an empty repository. */
const findDefault = async (git: Git, address: string): Promise<string | null> => {
  const lines = await git.run(["ls-remote", "--symref", "--", address, "HEAD"]);
  if (!lines.some((line) => line.endsWith("\tHEAD"))) return null;
  return defaultBranchIn(lines) ?? "HEAD";
};

/** The full name of the branch that HEAD is, in what `ls-remote --symref` prints. */
export const defaultBranchIn = (lines: readonly string[]): string | null => {
  for (const line of lines) {
    const name = /^ref: (refs\/heads\/\S+)\tHEAD$/.exec(line)?.[1];
    if (name !== undefined) return name;
  }
  return null;
};

const SHALLOW = ["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--depth=1", "--"];

const fetchOne = async (git: Git, address: string, name: string, ref: GitRef | undefined): Promise<void> => {
  const { exitCode, lastLines } = await git.attempt([...SHALLOW, address, `+${name}:${TARGET}`]);
  if (exitCode === 0) return;
  throw lastLines.some((line) => line.includes("couldn't find remote ref"))
    ? missingRef(ref)
    : git.failure(lastLines, exitCode);
};

/** Servers may refuse to give out a commit that is not the tip of something. */
const REFUSED_COMMIT = /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/;

const fetchCommit = async (git: Git, address: string, commit: GitRef): Promise<void> => {
  const { exitCode, lastLines } = await git.attempt([...SHALLOW, address, `+${commit}:${TARGET}`]);
  if (exitCode === 0) return;
  if (!lastLines.some((line) => REFUSED_COMMIT.test(line))) throw git.failure(lastLines, exitCode);
  await fetchEverything(git, address, commit);
};

const fetchEverything = async (git: Git, address: string, commit: GitRef): Promise<void> => {
  const all = [`+${BRANCH}*:refs/homeport/heads/*`, "+refs/tags/*:refs/homeport/tags/*"];
  await git.run(["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--", address, ...all]);
  const { exitCode } = await git.attempt(["update-ref", TARGET, `${commit}^{commit}`]);
  if (exitCode !== 0) throw missingRef(commit);
};
