import { afterAll, expect, test } from "bun:test";
import { chmodSync, symlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findToolchains } from "./toolchains.ts";

const dir = await mkdtemp(join(tmpdir(), "homeport-tools-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

const program = async (path: string): Promise<string> => {
  const file = join(dir, path);
  await Bun.write(file, "#!/bin/true\n");
  chmodSync(file, 0o755);
  return file;
};

test("a program in a home is brought in alone, without the folder around it", async () => {
  const node = await program("home/bin/node");
  await Bun.write(join(dir, "home/package.json"), "{}");
  const tools = findToolchains(join(dir, "home/bin"), "/usr/bin/false", "/data");
  expect(tools.mounts).toContainEqual({ from: node, to: "/.homeport/tools/node" });
  expect(tools.links).toContainEqual({ path: "/.homeport/bin/node", target: "/.homeport/tools/node" });
  expect(tools.mounts.every(({ from }) => from !== join(dir, "home"))).toBe(true);
});

test("a program of an npm package is brought in with its package", async () => {
  const real = await program("prefix/lib/node_modules/npm/bin/npm-cli.js");
  await mkdir(join(dir, "prefix/bin"), { recursive: true });
  symlinkSync(real, join(dir, "prefix/bin/npm"));
  const tools = findToolchains(join(dir, "prefix/bin"), "/usr/bin/false", "/data");
  expect(tools.mounts).toContainEqual({ from: join(dir, "prefix/lib/node_modules/npm"), to: "/.homeport/tools/npm" });
  expect(tools.links).toContainEqual({ path: "/.homeport/bin/npm", target: "/.homeport/tools/npm/bin/npm-cli.js" });
});

test("the Bun that runs the agent is there even when PATH has none", async () => {
  const bun = await program("own/bun");
  const tools = findToolchains("/nowhere", bun, "/data");
  expect(tools.links).toContainEqual({ path: "/.homeport/bin/bun", target: "/.homeport/tools/bun" });
});

test("PATH keeps folders of the system in their order and leaves out hidden ones", () => {
  const { path } = findToolchains(
    `${dir}:/usr/bin:relative:/opt/tools/bin:/usr/data/bin`,
    "/usr/bin/false",
    "/usr/data",
  );
  const parts = path.split(":");
  expect(parts.slice(0, 3)).toEqual(["/.homeport/bin", "/usr/bin", "/opt/tools/bin"]);
  expect(parts).toContain("/usr/local/bin");
  expect(parts).not.toContain(dir);
  expect(parts).not.toContain("/usr/data/bin");
  expect(new Set(parts).size).toBe(parts.length);
});
