import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";

/** A process for good: a pid alone may be another process tomorrow. Start time in ticks since boot, proc(5) field 22. */
export const ProcessIdentity = z.object({ pid: z.number().int().min(2), startTicks: z.string().max(24) });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

type Stat = { state: string; session: number; startTicks: string };

/** Changes with every boot; identities of another boot mean nothing. */
export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Null when there is no such process. */
export const identify = (pid: number): ProcessIdentity | null => {
  const stat = readStat(pid);
  return stat === null ? null : { pid, startTicks: stat.startTicks };
};

/** A zombie counts as gone: it runs nothing and only waits for its parent. */
export const isAlive = ({ pid, startTicks }: ProcessIdentity): boolean => {
  const stat = readStat(pid);
  return stat !== null && stat.startTicks === startTicks && stat.state !== "Z" && stat.state !== "X";
};

export const leadsSession = (pid: number): boolean => readStat(pid)?.session === pid;

/** Sends a signal if it is still that process. */
export const signalProcess = (identity: ProcessIdentity, signal: "SIGTERM" | "SIGKILL" | "SIGHUP"): void => {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // it ended between the two lines
  }
};

/** Direct children, in order of birth. Source: proc(5), /proc/pid/task/tid/children. */
export const childrenOf = (pid: number): number[] => {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
};

/** A process and what came from it, as far as it is still below it. */
export const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

/**
 * Every living process of a session (null: of none), or with `mark` among the variables it was started with: how a
 * workload's processes are found where there is no pid namespace, also those that made a session of their own.
 */
export const findMembers = (session: number | null, mark: string): ProcessIdentity[] => {
  const pids = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids.flatMap((pid) => {
    const stat = readStat(pid);
    if (stat === null || stat.state === "Z" || stat.state === "X") return [];
    return stat.session === session || hasVariable(pid, mark) ? [{ pid, startTicks: stat.startTicks }] : [];
  });
};

/** Whether a process was started with a variable, given as `NAME=value`. False too for processes of others, and those that are gone. */
export const hasVariable = (pid: number, variable: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(variable);
  } catch {
    return false; // of another user, or gone
  }
};

const readStat = (pid: number): Stat | null => {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // the second field is the program's name in parentheses and may contain anything, so fields are counted from its end
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, session, startTicks] = [fields[0], fields[3], fields[19]];
  if (state === undefined || session === undefined || startTicks === undefined) return null;
  return { state, session: Number(session), startTicks };
};
