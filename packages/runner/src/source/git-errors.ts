import { BuildFailure, type FailureCode } from "../build-failure.ts";

export const privateRepository = (): BuildFailure =>
  new BuildFailure(
    "repository_private",
    "The repository is private or does not exist. This version of Homeport cannot be given credentials for private repositories: make it public, or deploy a folder of your own machine with `homeport deploy`.",
  );

export const sshRepository = (): BuildFailure =>
  new BuildFailure(
    "repository_private",
    "Addresses with ssh need a key, and this version of Homeport cannot be given one. Use the repository's https:// address.",
  );

export const missingRef = (ref: string | undefined): BuildFailure =>
  new BuildFailure(
    "ref_not_found",
    ref === undefined
      ? "The repository is empty: it has no branch to build."
      : `The repository has no branch, tag or commit named ${ref}.`,
  );

/** What git says (in English, with LC_ALL=C) and what it means. The first row that fits counts. */
const MEANINGS: readonly { says: RegExp; code: FailureCode; message: string }[] = [
  {
    says: /could not read (Username|Password)|Authentication failed|terminal prompts disabled|error: 40[13]/,
    code: "repository_private",
    message: privateRepository().message,
  },
  {
    says: /repository .* not found|not found: did you run|error: 404|access denied or repository not exported/i,
    code: "repository_private",
    message: privateRepository().message,
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
    message: "The repository has a file that is too large.",
  },
];

/** The failure that git's last lines tell of. */
export const gitFailure = (lastLines: readonly string[], exitCode: number | null): BuildFailure => {
  const text = lastLines.join("\n");
  const meaning = MEANINGS.find(({ says }) => says.test(text));
  const fatal = lastLines.findLast((line) => /^(fatal|error):/.test(line))?.replace(/^\w+: /, "");
  return new BuildFailure(
    meaning?.code ?? "repository_unreachable",
    meaning?.message ?? `git could not fetch the repository${fatal === undefined ? "" : `: ${fatal}`}.`,
    { exitCode, lastLines },
  );
};
