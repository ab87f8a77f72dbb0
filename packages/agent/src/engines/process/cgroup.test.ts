import { afterAll, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCgroups } from "./cgroup.ts";

// the kernel's files are ordinary ones here: what is tested is what is written where. The real kernel takes part in the
// engine's own tests, with the version this machine has.
const base = await mkdtemp(join(tmpdir(), "homeport-cgroup-"));
afterAll(() => rm(base, { recursive: true, force: true }));
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(base, "root-"));
});

const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

test("version 2: one folder, limits in its own words", async () => {
  await Bun.write(join(root, "cgroup.controllers"), "memory pids cpu");
  const cgroups = (await findCgroups(root))!;
  expect(cgroups.version).toBe("v2");
  expect(await cgroups.create("id", { memoryMiB: 64, cpus: 1.5 })).toBe(true);
  await cgroups.join("id", 42);
  expect(read("homeport/id/memory.max")).toBe(String(64 * 1024 * 1024));
  expect(read("homeport/id/memory.swap.max")).toBe("0");
  expect(read("homeport/id/cpu.max")).toBe("150000 100000");
  expect(read("homeport/id/pids.max")).toBe("4096");
  expect(read("homeport/id/cgroup.procs")).toBe("42");
  expect(read("homeport/cgroup.subtree_control")).toBe("+memory +pids +cpu");
  expect(await cgroups.wasOomKilled("id")).toBe(false);
  await Bun.write(join(root, "homeport/id/memory.events"), "low 0\nmax 12\noom 2\noom_kill 1\n");
  expect(await cgroups.wasOomKilled("id")).toBe(true);
});

test("version 1: a folder per controller", async () => {
  await Bun.write(join(root, "memory/memory.limit_in_bytes"), "");
  for (const controller of ["pids", "cpu"]) await mkdir(join(root, controller));
  const cgroups = (await findCgroups(root))!;
  expect(cgroups.version).toBe("v1");
  await cgroups.create("id", { memoryMiB: 64, cpus: 0.5 });
  await cgroups.join("id", 42);
  expect(read("memory/homeport/id/memory.limit_in_bytes")).toBe(String(64 * 1024 * 1024));
  expect(read("pids/homeport/id/pids.max")).toBe("4096");
  expect(read("cpu/homeport/id/cpu.cfs_quota_us")).toBe("50000");
  for (const controller of ["memory", "pids", "cpu"]) expect(read(controller, "homeport/id/cgroup.procs")).toBe("42");
  await Bun.write(join(root, "memory/homeport/id/memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  expect(await cgroups.wasOomKilled("id")).toBe(true);
});

test("a system without control groups has none, and that is no error", async () => {
  expect(await findCgroups(root)).toBeNull();
  expect(await findCgroups(join(root, "nowhere"))).toBeNull();
});

test("removing what is not there is no error", async () => {
  await Bun.write(join(root, "cgroup.controllers"), "");
  const cgroups = (await findCgroups(root))!;
  await cgroups.remove("never-made");
  await mkdir(join(root, "homeport/empty"), { recursive: true });
  await cgroups.remove("empty");
  expect(existsSync(join(root, "homeport/empty"))).toBe(false);
});
