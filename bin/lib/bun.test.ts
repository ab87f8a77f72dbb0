import { afterAll, beforeEach, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The few programs that bun.sh calls besides npm; nothing else is on the PATH of these tests. */
const TOOLS = ["sed", "head", "uname", "dirname", "mkdir", "rm", "mv", "ln", "cat", "cksum", "sh"];

const SCRIPT = `. "${join(import.meta.dir, "bun.sh")}"
homeport_bun "$1" && echo "BUN=$BUN" && homeport_install "$1" && homeport_install "$1"
`;

let root = "";
const roots: string[] = [];

const program = async (path: string, lines: string): Promise<void> => {
  await Bun.write(path, `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
};

const setUp = async (): Promise<{ exitCode: number; output: string }> => {
  const env = { PATH: join(root, "path") };
  const child = Bun.spawn(["sh", join(root, "script.sh"), root], { env, stdout: "pipe", stderr: "pipe" });
  const output = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  return { exitCode: await child.exited, output };
};

/** Prints its version, and notes what else it is asked to do. */
const bunOf = (version: string) =>
  `if [ "$1" = --version ]; then echo ${version}; else echo "$@" >> "${root}/calls"; fi`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-bun-sh-"));
  roots.push(root);
  await Bun.write(join(root, "script.sh"), SCRIPT);
  await Bun.write(join(root, "package.json"), '{\n  "engines": { "bun": "9.8.7" }\n}\n');
  await Bun.write(join(root, "packages/apps/a/package.json"), "{}");
  await Bun.write(join(root, "packages/b/package.json"), "{}");
  await Bun.write(join(root, "bun.lock"), "");
  await mkdir(join(root, "node_modules"));
  await mkdir(join(root, "path"));
  for (const tool of TOOLS) await symlink(Bun.which(tool)!, join(root, "path", tool));
});

afterAll(async () => {
  for (const dir of roots) await rm(dir, { recursive: true });
});

test("the pinned Bun on the PATH is used, and dependencies are installed once", async () => {
  await program(join(root, "path/bun"), bunOf("9.8.7"));
  expect(await setUp()).toMatchObject({ exitCode: 0, output: expect.stringContaining(`BUN=${root}/path/bun`) });
  expect(await Bun.file(join(root, "calls")).text()).toBe("install --frozen-lockfile\n");
});

test("dependencies are installed again when the lock file changed", async () => {
  await program(join(root, "path/bun"), bunOf("9.8.7"));
  await setUp();
  await Bun.write(join(root, "bun.lock"), "changed");
  await setUp();
  expect(await Bun.file(join(root, "calls")).text()).toBe("install --frozen-lockfile\n".repeat(2));
});

test("another version on the PATH is passed over, and npm brings the pinned one without running its scripts", async () => {
  await program(join(root, "path/bun"), bunOf("9.8.6"));
  await program(join(root, "other"), "exit 126");
  await program(join(root, "right"), bunOf("9.8.7"));
  const copy = (from: string, platform: string) =>
    `mkdir -p "$3/node_modules/@oven/${platform}/bin" && mv "${root}/${from}" "$3/node_modules/@oven/${platform}/bin/bun"`;
  const npm = `echo "$@" > "${root}/npm-called"\n${copy("other", "bun-linux-x64-musl")}\n${copy("right", "bun-linux-x64")}`;
  await program(join(root, "path/npm"), npm);
  expect(await setUp()).toMatchObject({ exitCode: 0, output: expect.stringContaining(`BUN=${root}/.bun/bin/bun`) });
  expect(await Bun.file(join(root, "npm-called")).text()).toMatch(/--ignore-scripts.* bun@9\.8\.7/);
  await rm(join(root, "path/npm"));
  expect(await setUp()).toMatchObject({ exitCode: 0 }); // it is kept
});

test("a machine without npm gets an error that says what to install", async () => {
  const { exitCode, output } = await setUp();
  expect(exitCode).toBe(1);
  expect(output).toContain("Homeport needs Bun 9.8.7. Install Node.js with npm, or Bun itself");
});

test("a platform that npm has no Bun for gets an error that names it", async () => {
  await program(join(root, "path/npm"), "exit 0");
  const { exitCode, output } = await setUp();
  expect(exitCode).toBe(1);
  expect(output).toContain("npm has no Bun 9.8.7 that runs here");
});

test("an install that fails leaves no half and says so", async () => {
  await program(join(root, "path/npm"), "echo no network >&2; exit 1");
  const { exitCode, output } = await setUp();
  expect(exitCode).toBe(1);
  expect(output).toMatch(/no network[\s\S]*npm could not install Bun 9\.8\.7/);
  expect([...new Bun.Glob(".bun/install*").scanSync({ cwd: root, dot: true, onlyFiles: false })]).toEqual([]);
});
