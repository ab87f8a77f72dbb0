import { BuildFailure } from "../build-failure.ts";
import { describeMs } from "../bytes.ts";
import { GitUrl } from "../git-url.ts";
import type { GitCredential } from "../ports.ts";
import { withTimeLimit } from "../run/time-limit.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { EgressRules } from "./egress.ts";
import { openAccess } from "./git-access.ts";
import { addressFor, type Git, openGit } from "./git-command.ts";
import { checkCredential } from "./git-credential.ts";
import { locateRepository } from "./git-probe.ts";

export type RepositoryOptions = {
  sandbox: Sandbox;
  jobDir: string;
  egress: EgressRules;
  credential: GitCredential | null;
  timeoutMs: number;
  /** What git says to people. */
  onMessage: (line: string) => void | Promise<void>;
};

/** Git, let in to a repository; `address` is what it is called on git's command line. */
export type OpenRepository = { git: Git; address: string };

/** @throws {BuildFailure} source_invalid, repository_private, credential_refused */
export const parseAddress = (text: string, credential: GitCredential | null): GitUrl => {
  const url = parseSource(GitUrl, text, "The repository's address");
  checkCredential(url, credential);
  return url;
};

/**
 * Works with a repository for a bounded time. What it was let in with is gone when this returns or throws. The host key
 * is the one of an ssh server that there was none to compare with.
 *
 * @throws {BuildFailure} what `work` throws; repository_unreachable, repository_private, credential_refused, host_key_refused
 */
export const withRepository = async <T>(
  url: GitUrl,
  options: RepositoryOptions,
  signal: AbortSignal,
  work: (repository: OpenRepository, signal: AbortSignal) => Promise<T>,
): Promise<{ value: T; hostKey: string | null }> => {
  const { sandbox, jobDir, egress, credential, timeoutMs, onMessage } = options;
  const late = () =>
    new BuildFailure("repository_unreachable", `The repository was not fetched within ${describeMs(timeoutMs)}.`);
  return withTimeLimit(timeoutMs, late, signal, async (limited) => {
    const location = await locateRepository(url, credential, egress, limited);
    const access = await openAccess({ sandbox, jobDir, certificates: egress.certificates }, location, credential);
    try {
      const git = openGit({ sandbox, location, access, credential }, onMessage, limited);
      const value = await work({ git, address: addressFor(location) }, limited);
      return { value, hostKey: await access.hostKey() };
    } finally {
      await access.close();
    }
  });
};

type Parsed<T> = { success: true; data: T } | { success: false; error: { issues: { message: string }[] } };

/** @throws {BuildFailure} source_invalid, with what is wrong about `what` */
export const parseSource = <T>(schema: { safeParse(text: string): Parsed<T> }, text: string, what: string): T => {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new BuildFailure("source_invalid", `${what} ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
};
