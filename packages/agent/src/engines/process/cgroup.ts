import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Resources } from "@homeport/clusters/contract.ts";
import { log } from "../../log.ts";
import { sleep } from "../../sleep.ts";

const PIDS_LIMIT = 4096;
const CPU_PERIOD_US = 100_000;
const REMOVE_TIMEOUT_MS = 5_000;
const PARENT = "homeport";

/** Which kind of control groups this machine lets us use; null when none (no privileges, or a system without them). */
export type CgroupVersion = "v1" | "v2";

export type Cgroups = {
  version: CgroupVersion;
  /** Makes the group of a replica and sets its limits. Null when the kernel refuses: the replica then runs unlimited. */
  create(id: string, resources: Resources): Promise<boolean>;
  join(id: string, pid: number): Promise<void>;
  /** Whether the kernel killed a process of the group for using too much memory. */
  wasOomKilled(id: string): Promise<boolean>;
  /** The group must be empty, or about to be: the kernel takes a moment to bury the dead. */
  remove(id: string): Promise<void>;
};

/** `root` is a parameter for tests only. */
export const findCgroups = async (root = "/sys/fs/cgroup"): Promise<Cgroups | null> => {
  const v2 = existsSync(join(root, "cgroup.controllers"));
  if (!v2 && !existsSync(join(root, "memory", "memory.limit_in_bytes"))) return null;
  const cgroups = v2 ? await openV2(root) : openV1(root);
  try {
    await cgroups.create("probe", {});
    await cgroups.remove("probe");
    return cgroups;
  } catch {
    return null;
  }
};

/** One tree with all controllers. Source: kernel documentation, admin-guide/cgroup-v2. */
const openV2 = async (root: string): Promise<Cgroups> => {
  const parent = join(root, PARENT);
  const dir = (id: string) => join(parent, id);
  const enable = "+memory +pids +cpu";
  await writeFile(join(root, "cgroup.subtree_control"), enable).catch(() => {}); // often enabled already, and refused then
  return {
    version: "v2",
    async create(id, { memoryMiB, cpus }) {
      await mkdir(dir(id), { recursive: true });
      await writeFile(join(parent, "cgroup.subtree_control"), enable).catch(() => {});
      return setAll(dir(id), [
        ["pids.max", String(PIDS_LIMIT)],
        ...(memoryMiB === undefined
          ? []
          : [["memory.max", bytes(memoryMiB)] as const, ["memory.swap.max", "0"] as const]),
        ...(cpus === undefined ? [] : [["cpu.max", `${Math.round(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`] as const]),
      ]);
    },
    join: (id, pid) => writeFile(join(dir(id), "cgroup.procs"), String(pid)),
    wasOomKilled: (id) => counts(join(dir(id), "memory.events")),
    remove: (id) => removeDir(dir(id)),
  };
};

/** One tree per controller. Source: kernel documentation, admin-guide/cgroup-v1/memory and cgroup-v1/pids. */
const openV1 = (root: string): Cgroups => {
  const controllers = ["memory", "pids", "cpu"].filter((name) => existsSync(join(root, name)));
  const dir = (controller: string, id: string) => join(root, controller, PARENT, id);
  return {
    version: "v1",
    async create(id, { memoryMiB, cpus }) {
      for (const controller of controllers) await mkdir(dir(controller, id), { recursive: true });
      const memory = memoryMiB === undefined ? [] : [["memory.limit_in_bytes", bytes(memoryMiB)] as const];
      const limited = await setAll(dir("memory", id), memory);
      // memory and swap together; absent where swap accounting is off
      if (memoryMiB !== undefined) await setAll(dir("memory", id), [["memory.memsw.limit_in_bytes", bytes(memoryMiB)]]);
      await setAll(dir("pids", id), [["pids.max", String(PIDS_LIMIT)]]);
      if (cpus !== undefined) {
        await setAll(dir("cpu", id), [
          ["cpu.cfs_period_us", String(CPU_PERIOD_US)],
          ["cpu.cfs_quota_us", String(Math.round(cpus * CPU_PERIOD_US))],
        ]);
      }
      return limited;
    },
    async join(id, pid) {
      for (const controller of controllers) await writeFile(join(dir(controller, id), "cgroup.procs"), String(pid));
    },
    wasOomKilled: (id) => counts(join(dir("memory", id), "memory.oom_control")),
    async remove(id) {
      for (const controller of controllers) await removeDir(dir(controller, id));
    },
  };
};

const bytes = (mebibytes: number): string => String(mebibytes * 1024 * 1024);

/** False when the kernel refused one of them. */
const setAll = async (dir: string, settings: (readonly [file: string, value: string])[]): Promise<boolean> => {
  let all = true;
  for (const [file, value] of settings) {
    try {
      await writeFile(join(dir, file), value);
    } catch (err) {
      all = false;
      log.debug({ err, file }, "a resource limit could not be set");
    }
  }
  return all;
};

/** Both versions count in a line `oom_kill <n>`. */
const counts = async (file: string): Promise<boolean> => {
  const text = await readFile(file, "utf8").catch(() => "");
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
};

const removeDir = async (dir: string): Promise<void> => {
  const deadline = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
  while (!deadline.aborted) {
    try {
      return await rmdir(dir);
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EBUSY")) return; // gone, or never there
      await sleep(20, deadline);
    }
  }
  log.warn({ dir }, "a control group could not be removed");
};
