import { readdirSync, readFileSync } from "node:fs";
import { waitFor } from "../wait-for.ts";

/** A process that cannot be mistaken for another one with the same number: `startedAt` is in clock ticks since boot. */
export type ProcessId = { pid: number; startedAt: number };

/** Null when there is no such process, or only its remains. */
export const identify = (pid: number): ProcessId | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // state is the first; the name before may hold spaces
    return fields[0] === "Z" ? null : { pid, startedAt: Number(fields[19]) }; // proc(5): field 22
  } catch {
    return null;
  }
};

export const isAlive = ({ pid, startedAt }: ProcessId): boolean => identify(pid)?.startedAt === startedAt;

/** Asks a process to end, and makes it when it does not within `graceMs`. */
export const endProcess = async (target: ProcessId, graceMs: number): Promise<void> => {
  if (!signal(target, "SIGTERM")) return;
  try {
    await ended(target, graceMs);
  } catch {
    signal(target, "SIGKILL");
    await ended(target, 5_000);
  }
};

const ended = (target: ProcessId, timeoutMs: number): Promise<boolean> =>
  waitFor(() => !isAlive(target), { timeoutMs, message: `process ${target.pid} did not end` });

/** False when it is gone. */
export const signal = (target: ProcessId, name: NodeJS.Signals): boolean => {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch {
    return false; // ended in between
  }
};

/** Every running process whose environment held `NAME=value` when it was started. */
export const processesWith = (name: string, value: string): ProcessId[] =>
  readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, "utf8");
      if (!environment.split("\0").includes(`${name}=${value}`)) return [];
    } catch {
      return []; // ended in between, or somebody else's
    }
    return identify(Number(entry)) ?? [];
  });
