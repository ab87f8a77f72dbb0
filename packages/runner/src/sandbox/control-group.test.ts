import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { runCommand } from "../run/run-command.ts";
import { openControlGroup } from "./control-group.ts";
import { openSandbox } from "./sandbox.ts";
import { findToolchain } from "./toolchain.ts";
import { buildLine } from "./user-command.ts";

setDefaultTimeout(60_000); // builds lose against everything else that runs

// The kernel's files are ordinary ones here: what is tested is what is written where. The last test uses the machine's.
const base = await mkdtemp(join(tmpdir(), "homeport-groups-"));
afterAll(() => rm(base, { recursive: true, force: true }));
let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(base, "root-"));
});
const read = (path: string) => readFileSync(join(root, path), "utf8");
const limits = { memoryBytes: 64 * 1024 * 1024 };

test("version 2: memory, no swap, a sixteenth of the usual weight", () => {
  writeFileSync(join(root, "cgroup.controllers"), "cpu memory");
  const group = openControlGroup("builds", limits, root);
  group?.join(42);
  expect(read("builds/memory.max")).toBe(String(limits.memoryBytes));
  expect(read("builds/memory.swap.max")).toBe("0");
  expect(read("builds/cpu.weight")).toBe("6");
  expect(read("builds/cgroup.procs")).toBe("42");
});

test("version 1: the same in a tree of each controller", () => {
  for (const controller of ["memory", "cpu"]) mkdirSync(join(root, controller));
  writeFileSync(join(root, "memory/memory.limit_in_bytes"), "");
  const group = openControlGroup("builds", limits, root);
  group?.join(42);
  expect(read("memory/builds/memory.limit_in_bytes")).toBe(String(limits.memoryBytes));
  expect(read("memory/builds/memory.memsw.limit_in_bytes")).toBe(String(limits.memoryBytes));
  expect(read("cpu/builds/cpu.shares")).toBe("64");
  for (const controller of ["memory", "cpu"]) expect(read(`${controller}/builds/cgroup.procs`)).toBe("42");
});

test("a machine without control groups has none, and one that gives out none neither", () => {
  expect(openControlGroup("builds", limits, root)).toBeNull();
  expect(openControlGroup("builds", limits, join(root, "nowhere"))).toBeNull();
  mkdirSync(join(root, "memory/memory.limit_in_bytes"), { recursive: true });
  writeFileSync(join(root, "cpu"), "no folder");
  expect(openControlGroup("builds", limits, root)).toBeNull();
});

test("a group that is taken away twice is no error", () => {
  writeFileSync(join(root, "cgroup.controllers"), "");
  const group = openControlGroup("builds", limits, root);
  group?.remove(); // its files are real here, so the folder stays
  rmSync(join(root, "builds"), { recursive: true });
  group?.remove();
  expect(existsSync(join(root, "cgroup.controllers"))).toBe(true);
});

test("everything that a build starts is in the group, with its memory and its share of time", async () => {
  const name = `homeport-builds-test-${newId().slice(-8)}`;
  const group = openControlGroup(name, limits);
  if (group === null) return; // this machine gives out none; a runner says so in its log and builds without
  const jobDir = join(base, newId());
  mkdirSync(jobDir, { mode: 0o700 });
  const sandbox = await openSandbox({
    jobDir,
    cacheRoot: join(base, "cache"),
    dataDir: base,
    organisationId: newId(),
    toolchain: findToolchain(process.env.PATH ?? ""),
    limits: { maxFileBytes: 1e9, maxProcesses: 200 },
    group,
    env: {},
  });
  const run = async (line: string) => {
    const lines: string[] = [];
    const options = {
      onLine: (_: string, text: string) => void lines.push(text),
      signal: new AbortController().signal,
    };
    return { lines, ...(await runCommand(sandbox.command(buildLine(line)), options)) };
  };
  const { lines } = await run("cat /proc/self/cgroup; (cat /proc/1/cgroup)");
  const memory = lines.filter((line) => /^\d+:memory:|^0::/.test(line) && line !== "0::/");
  expect(memory.length).toBeGreaterThanOrEqual(2);
  for (const line of memory) expect(line).toEndWith(`/${name}`);
  const hog = await run("head -c 200000000 /dev/zero | tail -c 199999999 | wc -c");
  expect(hog.lines).not.toContain("199999999");
  group.remove();
  expect(existsSync(join("/sys/fs/cgroup", name)) || existsSync(join("/sys/fs/cgroup/memory", name))).toBe(false);
});
