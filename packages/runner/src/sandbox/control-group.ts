import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { log } from "../log.ts";

/** A group of processes that the kernel holds to limits together. */
export type ControlGroup = {
  /** Takes a process in, and with it what it starts from now on. Does nothing when it has ended. */
  join(pid: number): void;
  /** Takes the group away once it is empty; one in use stays. */
  remove(): void;
};

export type GroupLimits = { memoryBytes: number };

/** 1024 and 100 are what everything else has: when time is short, services get sixteen times as much as all builds. */
const CPU_SHARES = "64";
const CPU_WEIGHT = "6";

/**
 * The group that all builds of a runner are in, made if it is not there. Null where the machine gives out none: without
 * root, or without control groups. `root` is a parameter for tests only.
 * Sources: kernel documentation, admin-guide/cgroup-v2, cgroup-v1/memory, scheduler/sched-design-CFS.
 */
export const openControlGroup = (
  name: string,
  { memoryBytes }: GroupLimits,
  root = "/sys/fs/cgroup",
): ControlGroup | null => {
  const memory = String(memoryBytes);
  try {
    if (existsSync(join(root, "cgroup.controllers"))) {
      tryWrite(join(root, "cgroup.subtree_control"), "+memory +cpu"); // often said already, and refused then
      const folder = make(root, name);
      write(join(folder, "memory.max"), memory);
      tryWrite(join(folder, "memory.swap.max"), "0"); // absent where swap is not counted
      write(join(folder, "cpu.weight"), CPU_WEIGHT);
      return groupOf([folder]);
    }
    if (!existsSync(join(root, "memory/memory.limit_in_bytes"))) return null;
    const folders = { memory: make(join(root, "memory"), name), cpu: make(join(root, "cpu"), name) };
    write(join(folders.memory, "memory.limit_in_bytes"), memory);
    tryWrite(join(folders.memory, "memory.memsw.limit_in_bytes"), memory);
    write(join(folders.cpu, "cpu.shares"), CPU_SHARES);
    return groupOf(Object.values(folders));
  } catch (err) {
    log.debug({ err }, "builds have no control group");
    return null;
  }
};

const groupOf = (folders: readonly string[]): ControlGroup => ({
  join(pid) {
    for (const folder of folders) tryWrite(join(folder, "cgroup.procs"), String(pid));
  },
  remove() {
    for (const folder of folders) {
      try {
        rmdirSync(folder);
      } catch (err) {
        log.debug({ err }, "a control group is still in use");
      }
    }
  },
});

const make = (root: string, name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** The kernel's files are there already: what has to be made is none of them. */
const write = (path: string, text: string): void => writeFileSync(path, text);

const tryWrite = (path: string, text: string): void => {
  try {
    write(path, text);
  } catch (err) {
    log.debug({ err, path }, "a control group takes no such thing");
  }
};
