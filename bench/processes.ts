import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Every process that has `marker` in its command line, its folder or its environment, and their descendants. */
export const processesOf = (marker: string): number[] => {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  const marked = new Set(pids.filter((pid) => pid !== process.pid && mentions(pid, marker)));
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (marked.has(parent) && !marked.has(pid)) {
        marked.add(pid);
        grew = true;
      }
    }
  }
  return [...marked];
};

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // the process has ended
  }
};

const mentions = (pid: number, marker: string): boolean =>
  read(`/proc/${pid}/cmdline`).includes(marker) ||
  read(`/proc/${pid}/environ`).includes(`HOMEPORT_DATA=${marker}`) ||
  folderOf(pid).startsWith(marker);

const folderOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
};

const statOf = (pid: number): string[] => {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
};

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? 0);

/** Proportional set size in MiB: shared pages are divided among those who share them. */
export const pssMiB = (pid: number): number => {
  const match = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`));
  return Number(match?.[1] ?? 0) / 1024;
};

const TICKS_PER_SECOND = 100;

/** CPU time used so far, in seconds. */
export const cpuSeconds = (pid: number): number => {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
};

/**
 * The same with that of children that have ended and were waited for, such as Postgres' sessions. Summed over a tree of
 * processes before and after, the difference is what the tree used, whoever of it ended meanwhile.
 */
export const cpuSecondsWithEnded = (pid: number): number => {
  const fields = statOf(pid);
  return cpuSeconds(pid) + (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND;
};

export const nameOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 80);
