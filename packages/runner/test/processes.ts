import { readdirSync, readFileSync } from "node:fs";

/** Whether a process runs. One that ended but was not collected by its parent yet (a zombie) does not. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
};

/** Processes whose command line contains `text`, or with `asStart`, starts with it. */
export const processesWith = (text: string, asStart = false): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        pid !== process.pid &&
        (asStart ? commandLineOf(pid).startsWith(text) : commandLineOf(pid).includes(text)) &&
        isAlive(pid),
    );

const commandLineOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
};
