import { isIP } from "node:net";
import { type Exit, runCommand } from "../run/run-command.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { JobLog } from "../service/job-log.ts";
import { gitFailure } from "./git-errors.ts";
import type { RepositoryLocation } from "./git-probe.ts";

/** git, run so that neither the machine's configuration nor the repository can make it do more than fetch and check out. */
export type Git = {
  /** @throws {BuildFailure} when git fails */
  run(args: readonly string[]): Promise<string[]>;
  /** The same, with failing as one of the answers. */
  attempt(args: readonly string[]): Promise<Exit & { output: string[] }>;
};

const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "credential.helper=",
  "http.followRedirects=false", // locateRepository followed them, and checked where they lead
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "init.defaultBranch=main",
  "advice.detachedHead=false",
];

const ENV = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "http:https:git",
  LC_ALL: "C",
};

export const openGit = (sandbox: Sandbox, location: RepositoryLocation, log: JobLog, signal: AbortSignal): Git => {
  const settings = [...SETTINGS, ...pin(location)].flatMap((setting) => ["-c", setting]);
  const attempt: Git["attempt"] = async (args) => {
    const output: string[] = [];
    const onLine = (stream: "stdout" | "stderr", line: string): void | Promise<void> => {
      if (stream === "stdout") output.push(line);
      else if (line !== "") return log.line("stderr", line);
    };
    const exit = await runCommand(sandbox.command(["git", ...settings, ...args], { env: ENV }), { onLine, signal });
    return { ...exit, output };
  };
  return {
    attempt,
    async run(args) {
      const { exitCode, lastLines, output } = await attempt(args);
      if (exitCode !== 0) throw gitFailure(lastLines, exitCode);
      return output;
    },
  };
};

/** Makes git connect to the addresses that were checked, whatever the name leads to by now. */
const pin = ({ url, addresses }: RepositoryLocation): string[] => {
  if (url.scheme === "git" || isIP(url.host) !== 0) return [];
  const list = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(",");
  return [`http.curloptResolve=${url.host}:${url.port}:${list}`];
};

/** The address for git's command line. The git protocol has no pinning, so it gets the checked address itself. */
export const addressFor = ({ url, addresses }: RepositoryLocation): string => {
  const [first = url.host] = addresses;
  if (url.scheme !== "git") return url.href;
  const target = new URL(url.href);
  target.hostname = isIP(first) === 6 ? `[${first}]` : first;
  return target.href;
};
