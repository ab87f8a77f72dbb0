import { BuildFailure, type FailureCode } from "../build-failure.ts";
import type { GitCredential } from "../ports.ts";

/** The server does not show the repository to us: nobody tells from outside whether there is one. */
export const privateRepository = (credential: GitCredential | null): BuildFailure => {
  switch (credential?.kind) {
    case undefined:
      return new BuildFailure(
        "repository_private",
        "The repository is private or does not exist. Give it a deploy key or a token, make it public, or deploy a folder of your own machine with `homeport deploy`.",
      );
    case "ssh":
      return new BuildFailure(
        "credential_refused",
        "The server does not let this deploy key read the repository, or there is no such repository. Is the public half of the key added there?",
      );
    case "token":
      return new BuildFailure(
        "credential_refused",
        "The server does not let this token read the repository, or there is no such repository. Has it ended, or too few rights?",
      );
  }
};

export const movedRepository = (host: string): BuildFailure =>
  new BuildFailure(
    "repository_private",
    `The repository has moved to ${host}, which wants to know who asks. A credential is only sent to the server it was given for: use the new address.`,
  );

export const missingRef = (ref: string | undefined): BuildFailure =>
  new BuildFailure(
    "ref_not_found",
    ref === undefined
      ? "The repository is empty: it has no branch to build."
      : `The repository has no branch, tag or commit named ${ref}.`,
  );

const TOO_LARGE_FILE = "The repository has a file that is too large.";

type Meaning = { says: RegExp; code: FailureCode; message: string };

const NOT_LET_IN = [
  /could not read (Username|Password)|Authentication failed|terminal prompts disabled|error: 40[13]/,
  /repository (.* )?not found|not found: did you run|error: 404|access denied or repository not exported/i,
  /Permission denied \(|Too many authentication failures|does not appear to be a git repository|could not be found or you don't have permission/i,
];

/** What git and ssh say (in English, with LC_ALL=C) and what it means. The first row that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    says: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    code: "host_key_refused",
    message:
      "The server shows another host key than the known one. If it got a new key, take that one on; if not, somebody may be in between.",
  },
  {
    says: /Load key .*: |invalid format|error in libcrypto|no mutual signature/,
    code: "credential_refused",
    message: "The deploy key cannot be used: ssh does not know its format, or the server does not know its kind.",
  },
  {
    says: /ssh: there is no such program/,
    code: "internal",
    message:
      "This machine has no ssh, which such addresses are fetched with. Install it: apt-get install openssh-client",
  },
  {
    says: /invalid path '/,
    code: "source_invalid",
    message:
      "The repository has a file under a name that git itself keeps its things in, and that no system may write.",
  },
  {
    says: /Could not resolve host|unable to look up/,
    code: "repository_unreachable",
    message: "There is no server of that name.",
  },
  { says: /Connection refused/i, code: "repository_unreachable", message: "The server refuses connections." },
  {
    says: /SSL certificate|certificate verif|server verification failed/i,
    code: "repository_unreachable",
    message: "The server's certificate cannot be trusted.",
  },
  {
    says: /timed out|too slow|Operation too slow/i,
    code: "repository_unreachable",
    message: "The server stopped answering.",
  },
  {
    says: /redirect/i,
    code: "repository_unreachable",
    message: "The server redirects to a place that git does not follow.",
  },
  {
    says: /'?git'?: No such file/,
    code: "internal",
    message: "This machine has no git, which sources are fetched with. Install it: apt-get install git",
  },
  { says: /No space left|Disk quota/i, code: "internal", message: "The runner's disk is full." },
  {
    says: /File size limit exceeded|File too large/i,
    code: "repository_too_large",
    message: TOO_LARGE_FILE,
  },
];

/** SIGXFSZ: what a sandbox lets a program write to one file was used up. It ends without a word. */
const KILLED_FOR_SIZE = 128 + 25;

/** The failure that git's last lines tell of. `credential` is the one that git was let in with. */
export const gitFailure = (
  lastLines: readonly string[],
  exitCode: number | null,
  credential: GitCredential | null,
): BuildFailure => {
  const text = lastLines.join("\n");
  const details = { exitCode, lastLines };
  if (exitCode === KILLED_FOR_SIZE) return new BuildFailure("repository_too_large", TOO_LARGE_FILE, details);
  const meaning = MEANINGS.find(({ says }) => says.test(text));
  if (meaning !== undefined) return new BuildFailure(meaning.code, meaning.message, details);
  if (NOT_LET_IN.some((says) => says.test(text))) {
    const { code, message } = privateRepository(credential).reason;
    return new BuildFailure(code, message, details);
  }
  const fatal = lastLines.findLast((line) => /^(fatal|error):/.test(line))?.replace(/^\w+: /, "");
  return new BuildFailure(
    "repository_unreachable",
    `git could not fetch the repository${fatal === undefined ? "" : `: ${fatal}`}.`,
    details,
  );
};
