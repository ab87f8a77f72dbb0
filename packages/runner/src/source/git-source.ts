import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { describeMs } from "../bytes.ts";
import { GitRef, isCommit, mayBeShortCommit } from "../git-ref.ts";
import { GitUrl } from "../git-url.ts";
import { withFolderLimit } from "../run/folder-limit.ts";
import { withTimeLimit } from "../run/time-limit.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { JobLog } from "../service/job-log.ts";
import type { EgressRules } from "./egress.ts";
import { addressFor, type Git, openGit } from "./git-command.ts";
import { gitFailure, missingRef, sshRepository } from "./git-errors.ts";
import { locateRepository } from "./git-probe.ts";

/** What a build is made from, as the release will show it. */
export type SourceRevision = { commit?: string; commitMessage?: string };

export type GitLimits = { maxRepositoryBytes: number; maxEntries: number; fetchTimeoutMs: number };

/** Where the commit lands in the build's own repository; nothing of the remote's names is used there. */
const TARGET = "refs/homeport/source";
const MAX_SUBJECT = 500;

/**
 * Fetches a repository at a branch, tag or commit into the sandbox's /app, which has to be empty, without its history
 * where the server allows that. No submodules, no hooks, no filters.
 *
 * @throws {BuildFailure} source_invalid, repository_unreachable, repository_private, repository_too_large, ref_not_found
 */
export const fetchRepository = async (
  source: { url: string; ref?: string | undefined },
  options: { sandbox: Sandbox; jobDir: string; limits: GitLimits; egress: EgressRules; log: JobLog },
  signal: AbortSignal,
): Promise<SourceRevision> => {
  const { sandbox, jobDir, limits, egress, log } = options;
  const url = parse(GitUrl, source.url, "The repository's address");
  const ref = source.ref === undefined ? undefined : parse(GitRef, source.ref, "The branch, tag or commit");
  if (url.scheme === "ssh") throw sshRepository();
  log.phase(`Fetching ${url.href}${ref === undefined ? "" : ` at ${ref}`}`);
  const size = {
    folder: join(jobDir, "app"),
    maxBytes: limits.maxRepositoryBytes,
    maxEntries: limits.maxEntries,
    code: "repository_too_large" as const,
    what: "The repository",
  };
  const late = () =>
    new BuildFailure(
      "repository_unreachable",
      `The repository was not fetched within ${describeMs(limits.fetchTimeoutMs)}.`,
    );
  const revision = await withTimeLimit(limits.fetchTimeoutMs, late, signal, (limited) =>
    withFolderLimit(size, limited, async (inner) => {
      const location = await locateRepository(url, egress, inner);
      return checkOut(openGit(sandbox, location, log, inner), addressFor(location), ref);
    }),
  );
  await rm(join(jobDir, "app/.git"), { recursive: true, force: true }); // no build needs it, and no image may hold it
  log.say(`At commit ${revision.commit?.slice(0, 12)} ${revision.commitMessage ?? ""}`.trimEnd());
  return revision;
};

const parse = <T>(
  schema: {
    safeParse(text: string): { success: true; data: T } | { success: false; error: { issues: { message: string }[] } };
  },
  text: string,
  what: string,
): T => {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new BuildFailure("source_invalid", `${what} ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
};

const checkOut = async (git: Git, address: string, ref: GitRef | undefined): Promise<SourceRevision> => {
  await git.run(["init", "--quiet", "--template=", "."]);
  await fetchTarget(git, address, ref);
  await git.run(["checkout", "--quiet", "--force", "--detach", TARGET, "--"]);
  const [commit = "", subject = ""] = await git.run([
    "log",
    "-1",
    "--no-show-signature",
    "--format=%H%n%s",
    TARGET,
    "--",
  ]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a subject is shown to people
  const commitMessage = subject.replace(/[\u0000-\u001f\u007f]/g, " ").slice(0, MAX_SUBJECT);
  return { commit, ...(commitMessage === "" ? {} : { commitMessage }) };
};

const fetchTarget = async (git: Git, address: string, ref: GitRef | undefined): Promise<void> => {
  if (ref !== undefined && isCommit(ref)) return fetchCommit(git, address, ref);
  const name = ref === undefined ? "HEAD" : await findName(git, address, ref);
  if (name !== null) return fetchOne(git, address, name, ref);
  if (ref !== undefined && mayBeShortCommit(ref)) return fetchEverything(git, address, ref);
  throw missingRef(ref);
};

/** The full name of a branch or tag; a branch wins over a tag of the same name. */
const findName = async (git: Git, address: string, ref: GitRef): Promise<string | null> => {
  const names = ref.startsWith("refs/") ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const lines = await git.run(["ls-remote", "--", address, ...names]);
  const found = new Set(lines.map((line) => line.split("\t")[1]));
  return names.find((name) => found.has(name)) ?? null;
};

const SHALLOW = ["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--depth=1", "--"];

const fetchOne = async (git: Git, address: string, name: string, ref: GitRef | undefined): Promise<void> => {
  const { exitCode, lastLines } = await git.attempt([...SHALLOW, address, `+${name}:${TARGET}`]);
  if (exitCode === 0) return;
  throw lastLines.some((line) => line.includes("couldn't find remote ref"))
    ? missingRef(ref)
    : gitFailure(lastLines, exitCode);
};

/** Servers may refuse to give out a commit that is not the tip of something. */
const REFUSED_COMMIT = /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/;

const fetchCommit = async (git: Git, address: string, commit: GitRef): Promise<void> => {
  const { exitCode, lastLines } = await git.attempt([...SHALLOW, address, `+${commit}:${TARGET}`]);
  if (exitCode === 0) return;
  if (!lastLines.some((line) => REFUSED_COMMIT.test(line))) throw gitFailure(lastLines, exitCode);
  await fetchEverything(git, address, commit);
};

const fetchEverything = async (git: Git, address: string, commit: GitRef): Promise<void> => {
  const all = ["+refs/heads/*:refs/homeport/heads/*", "+refs/tags/*:refs/homeport/tags/*"];
  await git.run(["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--", address, ...all]);
  const { exitCode } = await git.attempt(["update-ref", TARGET, `${commit}^{commit}`]);
  if (exitCode !== 0) throw missingRef(commit);
};
