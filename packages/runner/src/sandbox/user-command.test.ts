import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildLine, startLine } from "./user-command.ts";

const rows: { name: string; line: string; last: string }[] = [
  {
    name: "a plain command replaces the shell",
    line: "node server.js --port $PORT",
    last: "exec node server.js --port $PORT",
  },
  { name: "so does one with variables before it", line: "A=1 B='x y' node x", last: "A=1 B='x y' exec node x" },
  { name: "two commands do not", line: "npm run db && node x", last: "npm run db && node x" },
  { name: "a command that says so itself is left alone", line: "exec node x", last: "exec node x" },
  { name: "words of the shell are no programs", line: "cd server", last: "cd server" },
  { name: "assignments alone are no program", line: "A=1", last: "A=1" },
];

for (const { name, line, last } of rows) {
  test(name, () => expect(startLine(line).at(-1)?.split("\n").at(-1)).toBe(last));
}

test("a start line becomes the program itself and sees tools of its dependencies", async () => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-line-"));
  try {
    await Bun.write(join(dir, "node_modules/.bin/tool"), '#!/bin/sh\necho "$0 $1 $$"\n');
    await chmod(join(dir, "node_modules/.bin/tool"), 0o755);
    const child = Bun.spawn(startLine("tool $PORT"), {
      cwd: dir,
      env: { PATH: "/usr/bin:/bin", PORT: "81" },
      stdout: "pipe",
    });
    expect(await new Response(child.stdout).text()).toBe(`${dir}/node_modules/.bin/tool 81 ${child.pid}\n`);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("what has to run before the start stops it when it fails", async () => {
  const run = async (before: string) => {
    const child = Bun.spawn(startLine("echo started", { before }), { env: { PATH: "/usr/bin:/bin" }, stdout: "pipe" });
    return { output: await new Response(child.stdout).text(), exitCode: await child.exited };
  };
  expect(await run("echo before")).toEqual({ output: "before\nstarted\n", exitCode: 0 });
  expect(await run("exit 3")).toEqual({ output: "", exitCode: 3 });
});

test("a build line ends with the exit code of what it says", async () => {
  const child = Bun.spawn(buildLine("true && exit 7"), { env: { PATH: "/usr/bin:/bin" } });
  expect(await child.exited).toBe(7);
});
