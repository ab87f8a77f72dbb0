import { isIP } from "node:net";
import type { BuildFailure } from "../build-failure.ts";
import type { GitCredential } from "../ports.ts";
import { type Exit, runCommand } from "../run/run-command.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { GitAccess } from "./git-access.ts";
import { gitFailure } from "./git-errors.ts";
import type { RepositoryLocation } from "./git-probe.ts";

/** git, run so that neither the machine's configuration nor the repository can make it do more than fetch and check out. */
export type Git = {
  /** @throws {BuildFailure} when git fails */
  run(args: readonly string[]): Promise<string[]>;
  /** The same, with failing as one of the answers. */
  attempt(args: readonly string[]): Promise<Exit & { output: string[] }>;
  /** Like `run`, for output that may be long: each line as it comes, and nothing is kept. */
  read(args: readonly string[], onLine: (line: string) => void): Promise<void>;
  /** What a failed attempt was about. */
  failure(lastLines: readonly string[], exitCode: number | null): BuildFailure;
};

/** Of the output of one command that is kept: a few refs, a line of the log. */
const MAX_KEPT_LINES = 1_000;

const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  // A file system of another kind would take these names for .git: they are refused on every machine.
  "core.protectHFS=true",
  "core.protectNTFS=true",
  "protocol.ext.allow=never",
  "protocol.file.allow=never",
  "credential.helper=",
  "http.followRedirects=false", // locateRepository followed them, and checked where they lead
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "transfer.bundleURI=false",
  "fetch.recurseSubmodules=false",
  "init.defaultBranch=main",
  "advice.detachedHead=false",
];

const ENV = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "http:https:git:ssh",
  LC_ALL: "C",
};

export type GitOptions = {
  sandbox: Sandbox;
  location: RepositoryLocation;
  access: GitAccess;
  credential: GitCredential | null;
};

/** `onMessage` gets what git says to people. */
export const openGit = (
  { sandbox, location, access, credential }: GitOptions,
  onMessage: (line: string) => void | Promise<void>,
  signal: AbortSignal,
): Git => {
  const settings = [...SETTINGS, ...pin(location), ...access.settings].flatMap((setting) => ["-c", setting]);
  const start = (args: readonly string[], onOutput: (line: string) => void): Promise<Exit> => {
    const onLine = (stream: "stdout" | "stderr", line: string): void | Promise<void> => {
      if (stream === "stdout") onOutput(line);
      else if (line !== "") return onMessage(line);
    };
    const command = sandbox.command(["git", ...settings, ...args], {
      env: { ...ENV, ...access.env },
      shown: access.folder,
    });
    return runCommand(command, { onLine, signal });
  };
  const failure: Git["failure"] = (lastLines, exitCode) => gitFailure(lastLines, exitCode, credential);
  const read: Git["read"] = async (args, onLine) => {
    const { exitCode, lastLines } = await start(args, onLine);
    if (exitCode !== 0) throw failure(lastLines, exitCode);
  };
  const keepIn = (output: string[]) => (line: string) => {
    if (output.length < MAX_KEPT_LINES) output.push(line);
  };
  return {
    read,
    failure,
    async attempt(args) {
      const output: string[] = [];
      return { ...(await start(args, keepIn(output))), output };
    },
    async run(args) {
      const output: string[] = [];
      await read(args, keepIn(output));
      return output;
    },
  };
};

/** Makes git connect to the addresses that were checked, whatever the name leads to by now. */
const pin = ({ url, addresses }: RepositoryLocation): string[] => {
  if (url.scheme === "git" || url.scheme === "ssh" || isIP(url.host) !== 0) return [];
  const list = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(",");
  return [`http.curloptResolve=${url.host}:${url.port}:${list}`];
};

/**
 * The address for git's command line. The git protocol has no pinning, so it gets the checked address itself; of ssh, its
 * configuration says where to connect.
 */
export const addressFor = ({ url, addresses }: RepositoryLocation): string => {
  const [first = url.host] = addresses;
  if (url.scheme !== "git") return url.href;
  const target = new URL(url.href);
  target.hostname = isIP(first) === 6 ? `[${first}]` : first;
  return target.href;
};
