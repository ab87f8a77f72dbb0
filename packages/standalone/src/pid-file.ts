import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files that name the processes of a platform. */
export const pidFilesOf = (dataDir: string) => ({
  supervisor: join(dataDir, "supervisor.pid"),
  gateway: join(dataDir, "gateway.pid"),
  apps: join(dataDir, "apps.pid"),
});

/**
 * Remembers a process across our own death. Pids are used again, so the start time goes with it: the two together name
 * one process of this boot (proc(5), field 22 of stat).
 */
export type ProcessMark = { pid: number; startedAt: string };

const startTimeOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : (rest[18] ?? null);
  } catch {
    return process.platform === "linux" ? null : "unknown"; // without /proc the pid alone has to do
  }
};

export const writePidFile = (file: string, pid: number): void => {
  writeFileSync(file, JSON.stringify({ pid, startedAt: startTimeOf(pid) ?? "" }), { mode: 0o600 });
};

export const removePidFile = (file: string): void => rmSync(file, { force: true });

/** The process that a pid file names, or null when it is gone. */
export const findProcess = (file: string): number | null => {
  let mark: ProcessMark;
  try {
    mark = JSON.parse(readFileSync(file, "utf8")) as ProcessMark;
  } catch {
    return null;
  }
  if (!Number.isInteger(mark.pid) || mark.pid <= 1) return null;
  const started = startTimeOf(mark.pid);
  return started !== null && (started === mark.startedAt || started === "unknown") && isAlive(mark.pid)
    ? mark.pid
    : null;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const LOOK_MS = 25;

/** Asks a process to end and waits; kills it after `graceMs`. Resolves once it is gone. */
export const endProcess = async (file: string, signal: NodeJS.Signals, graceMs: number): Promise<void> => {
  const pid = findProcess(file);
  if (pid !== null) {
    process.kill(pid, signal);
    const deadline = Date.now() + graceMs;
    let killed = false;
    while (findProcess(file) !== null) {
      if (!killed && Date.now() > deadline) {
        process.kill(pid, "SIGKILL");
        killed = true;
      }
      await Bun.sleep(LOOK_MS);
    }
  }
  removePidFile(file);
};
