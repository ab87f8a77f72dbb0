import { afterAll, expect, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog, tailOf } from "./daemon.ts";

const root = mkdtempSync(join(tmpdir(), "hp-log-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a log that has grown too long is put aside, another one is gone on with", () => {
  const [long, short] = [join(root, "long.log"), join(root, "short.log")];
  for (const file of [long, short]) writeFileSync(file, "before\n");
  truncateSync(long, 11 * 1024 * 1024);
  for (const file of [long, short]) closeSync(openLog(file));
  expect([statSync(long).size, statSync(`${long}.1`).size]).toEqual([0, 11 * 1024 * 1024]);
  expect([statSync(short).size, existsSync(`${short}.1`)]).toEqual([7, false]);
});

test("the end of a log is its last lines, and of a long line its end only", () => {
  const file = join(root, "tail.log");
  writeFileSync(file, `${"x".repeat(1024 * 1024)}\none\ntwo\n`);
  expect(tailOf(file, 2)).toBe("one\ntwo");
  expect(tailOf(file, 10).length).toBe(64 * 1024 - 1);
  expect(tailOf(join(root, "none.log"))).toBe("");
});
