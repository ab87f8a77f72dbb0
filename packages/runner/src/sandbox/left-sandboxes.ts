import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

const MAX_WAIT_MS = 10_000;
const POLL_MS = 10;

/**
 * Ends the sandboxes of builds below a folder. They end by themselves with what started them, except when that is killed
 * in the instant between the start of a sandbox and its own wish to be told.
 */
export const endLeftSandboxes = async (folder: string): Promise<void> => {
  const deadline = Date.now() + MAX_WAIT_MS;
  for (let found = findSandboxes(folder); found.length > 0; found = findSandboxes(folder)) {
    if (Date.now() > deadline) throw new Error(`A sandbox does not end (process ${found[0]}).`);
    for (const pid of found) kill(pid);
    await Bun.sleep(POLL_MS);
  }
};

/** Processes called bwrap that were given a folder of ours; the first one of a namespace takes all others with it. */
const findSandboxes = (folder: string): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const [program = "", ...args] = commandLine(name);
      return basename(program) === "bwrap" && args.some((arg) => arg.startsWith(`${folder}/`));
    })
    .map(Number);

/** Empty for a process that is gone, and for one that ended and was not collected. */
const commandLine = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended meanwhile
  }
};
