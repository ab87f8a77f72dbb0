import { readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../wait-for.ts";
import { tryRun } from "./command.ts";
import { identify, isAlive, signal } from "./process.ts";

/** Ends every process in a control group and those below it, in each hierarchy, and removes the groups. */
export const emptyControlGroup = async (name: string): Promise<void> => {
  const groups = hierarchies().flatMap((hierarchy) => groupsBelow(join(hierarchy, name)));
  const processes = groups.flatMap(processesIn);
  for (const target of processes) signal(target, "SIGKILL");
  await waitFor(() => !processes.some(isAlive), { timeoutMs: 10_000, message: `processes in ${name} did not end` });
  for (const group of groups) removeGroup(group);
};

/** Undoes every mount below a folder, the innermost first. */
export const unmountBelow = async (folder: string): Promise<void> => {
  for (const mount of mountsBelow(folder)) await tryRun(["umount", "--lazy", mount]);
};

/** Mount points below a folder, the innermost first. */
export const mountsBelow = (folder: string): string[] =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => unescapeOctal(line.split(" ")[4] ?? ""))
    .filter((mount) => mount.startsWith(`${folder}/`))
    .reverse();

/** proc(5): blanks in mount points are written as octal numbers. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

/** The one of cgroup v2, or each of v1. */
const hierarchies = (): string[] => [
  "/sys/fs/cgroup",
  ...subfolders("/sys/fs/cgroup").map((name) => join("/sys/fs/cgroup", name)),
];

/** Children before their parents. */
const groupsBelow = (group: string): string[] =>
  exists(group) ? [...subfolders(group).flatMap((name) => groupsBelow(join(group, name))), group] : [];

const processesIn = (group: string) => {
  try {
    const pids = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n");
    return pids.flatMap((pid) => (pid === "" ? [] : (identify(Number(pid)) ?? [])));
  } catch {
    return [];
  }
};

const removeGroup = (group: string): void => {
  try {
    rmdirSync(group);
  } catch {
    // Gone with the container, or still busy for a moment: an empty group costs nothing.
  }
};

const subfolders = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
};

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
