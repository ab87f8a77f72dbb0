import { readdirSync, readFileSync } from "node:fs";
import { cpuSeconds } from "../processes.ts";

/** A process and everything below it, the process itself first. Those that have ended are left out. */
export const treeOf = (pid: number): number[] => {
  const threads = listOrNone(`/proc/${pid}/task`);
  if (threads.length === 0) return [];
  const children = threads.flatMap((thread) => readOrNothing(`/proc/${pid}/task/${thread}/children`).split(" "));
  return [pid, ...children.filter((child) => child !== "").flatMap((child) => treeOf(Number(child)))];
};

/** Resident memory of one process in MiB, as the kernel counts it. */
export const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;

/** Of all processes of the tree together. */
export const treeResidentMiB = (root: number): number => treeOf(root).reduce((sum, pid) => sum + residentMiB(pid), 0);

/**
 * CPU seconds of all threads of all processes of a tree while `work` runs, to 10 ms.
 * @throws {Error} when a process ended meanwhile: what it used is gone with it
 */
export const cpuSecondsDuring = async <T>(
  root: number,
  work: () => Promise<T>,
): Promise<{ cpu: number; result: T }> => {
  const before = new Map(treeOf(root).map((pid) => [pid, cpuSeconds(pid)]));
  const result = await work();
  const after = new Map(treeOf(root).map((pid) => [pid, cpuSeconds(pid)]));
  const lost = [...before.keys()].filter((pid) => !after.has(pid));
  if (before.size === 0 || lost.length > 0) throw new Error(`Process ${lost[0] ?? root} ended while it was measured.`);
  const cpu = [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
  return { cpu, result };
};

const listOrNone = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process has ended
  }
};

const readOrNothing = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // the process or thread has ended
  }
};
