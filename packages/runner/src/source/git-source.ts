import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GitRef } from "../git-ref.ts";
import type { GitCredential } from "../ports.ts";
import { withFolderLimit } from "../run/folder-limit.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { JobLog } from "../service/job-log.ts";
import type { EgressRules } from "./egress.ts";
import { fetchTarget, TARGET, type Wanted } from "./fetch-target.ts";
import type { Git } from "./git-command.ts";
import { missingRef } from "./git-errors.ts";
import { type OpenRepository, parseAddress, parseSource, withRepository } from "./open-repository.ts";

/** What a build is made from, as the release will show it. `branch` is there when it is known to be one. */
export type SourceRevision = {
  commit?: string;
  commitMessage?: string;
  author?: string;
  branch?: string;
  hostKey?: string;
};

export type GitLimits = {
  maxRepositoryBytes: number;
  maxEntries: number;
  fetchTimeoutMs: number;
  listTimeoutMs: number;
};

export type GitSource = { url: string; ref?: string | undefined; commit?: string | undefined };

const MAX_SUBJECT = 500;
const MAX_AUTHOR = 200;

/**
 * Fetches a repository at a branch, tag or commit into the sandbox's /app, which has to be empty, without its history
 * where the server allows that. No submodules, no hooks, no filters. With a commit, exactly that one is fetched.
 *
 * @throws {BuildFailure} source_invalid, repository_unreachable, repository_private, repository_too_large, ref_not_found,
 *   credential_refused, host_key_refused
 */
export const fetchRepository = async (
  source: GitSource,
  options: {
    sandbox: Sandbox;
    jobDir: string;
    limits: Pick<GitLimits, "maxRepositoryBytes" | "maxEntries" | "fetchTimeoutMs">;
    egress: EgressRules;
    credential?: GitCredential | null;
    log: JobLog;
  },
  signal: AbortSignal,
): Promise<SourceRevision> => {
  const { sandbox, jobDir, limits, egress, credential = null, log } = options;
  const url = parseAddress(source.url, credential);
  const wanted = {
    ref: source.ref === undefined ? undefined : parseSource(GitRef, source.ref, "The branch, tag or commit"),
    commit: source.commit === undefined ? undefined : parseSource(GitRef, source.commit, "The commit"),
  };
  log.phase(`Fetching ${url.href}${describeWanted(wanted)}`);
  const size = {
    folder: join(jobDir, "app"),
    maxBytes: limits.maxRepositoryBytes,
    maxEntries: limits.maxEntries,
    code: "repository_too_large" as const,
    what: "The repository",
  };
  const onMessage = (line: string) => log.line("stderr", line);
  const fetched = await withFolderLimit(size, signal, (limited) =>
    withRepository(
      url,
      { sandbox, jobDir, egress, credential, timeoutMs: limits.fetchTimeoutMs, onMessage },
      limited,
      (repository) => checkOut(repository, wanted),
    ),
  );
  await rm(join(jobDir, "app/.git"), { recursive: true, force: true }); // no build needs it, and no image may hold it
  const { value: revision, hostKey } = fetched;
  log.say(`At commit ${revision.commit.slice(0, 12)} ${revision.commitMessage ?? ""}`.trimEnd());
  if (hostKey === null) return revision;
  log.say(`The server's host key was not known before: ${hostKey}`);
  return { ...revision, hostKey };
};

const describeWanted = ({ ref, commit }: Wanted): string => {
  const names = [...new Set([ref, commit])].filter((name) => name !== undefined);
  return names.length === 0 ? "" : ` at ${names.join(", ")}`;
};

type Revision = SourceRevision & { commit: string };

const checkOut = async ({ git, address }: OpenRepository, wanted: Wanted): Promise<Revision> => {
  await git.run(["init", "--quiet", "--template=", "."]);
  const branch = await fetchTarget(git, address, wanted);
  const revision = await describeTarget(git);
  // A tag has an id too, and leads to a commit of another one.
  if (wanted.commit !== undefined && revision.commit !== wanted.commit) throw missingRef(wanted.commit);
  await git.run(["checkout", "--quiet", "--force", "--detach", TARGET, "--"]);
  return branch === null ? revision : { ...revision, branch };
};

const describeTarget = async (git: Git): Promise<Revision> => {
  const format = "--format=%H%n%s%n%an";
  const [commit = "", subject = "", name = ""] = await git.run([
    "log",
    "-1",
    "--no-show-signature",
    format,
    TARGET,
    "--",
  ]);
  const commitMessage = shown(subject, MAX_SUBJECT);
  const author = shown(name, MAX_AUTHOR);
  return {
    commit,
    ...(commitMessage === "" ? {} : { commitMessage }),
    ...(author === "" ? {} : { author }),
  };
};

/** What anybody could have written, fit for a line that people read. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
const shown = (text: string, max: number): string => text.replace(/[\u0000-\u001f\u007f]/g, " ").slice(0, max);
