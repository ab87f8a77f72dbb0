import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODULE = join(import.meta.dir, "crashpoint.ts");
const PASSING = `import { crashpoint } from ${JSON.stringify(MODULE)};
for (const name of ["build.one", "build.two", "build.one"]) { crashpoint(name); process.stdout.write(name + " "); }`;

/** What a process that passes three places wrote, and whether it was killed. */
const pass = async (wanted: string) => {
  const process_ = Bun.spawn([process.execPath, "-e", PASSING], {
    env: { ...process.env, HOMEPORT_CRASHPOINT: wanted },
    stdout: "pipe",
  });
  const text = await new Response(process_.stdout).text();
  await process_.exited;
  return { text: text.trim(), signal: process_.signalCode };
};

test.each([
  { wanted: "build.three", text: "build.one build.two build.one", signal: null },
  { wanted: "build.two", text: "build.one", signal: "SIGKILL" },
  { wanted: "build.one#2", text: "build.one build.two", signal: "SIGKILL" },
])("a process dies at $wanted and nowhere else", async ({ wanted, ...expected }) => {
  expect(await pass(wanted)).toEqual(expected as never);
});

test("a file names the place while the process runs, and only for the first who comes there", async () => {
  const dir = mkdtempSync(join(tmpdir(), "hp-crash-"));
  const file = join(dir, "next");
  expect((await pass(file)).signal).toBeNull();
  writeFileSync(file, "build.two\n");
  expect(await pass(file)).toEqual({ text: "build.one", signal: "SIGKILL" });
  expect(existsSync(file)).toBe(false);
  expect((await pass(file)).signal).toBeNull();
  rmSync(dir, { recursive: true });
});
