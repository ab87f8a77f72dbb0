import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeOwnDir } from "./socket-dir.ts";

const root = mkdtempSync(join(tmpdir(), "hp-own-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a folder is made once and found again", () => {
  const dir = join(root, "made");
  makeOwnDir(dir, 0o711);
  makeOwnDir(dir, 0o711);
  expect(statSync(dir).isDirectory()).toBe(true);
});

test("a folder that others may write to is refused", () => {
  const dir = join(root, "open");
  mkdirSync(dir);
  chmodSync(dir, 0o777);
  expect(() => makeOwnDir(dir, 0o711)).toThrow("others may change it");
});

test("a link in its place is refused, wherever it leads", () => {
  const dir = join(root, "link");
  symlinkSync(root, dir);
  expect(() => makeOwnDir(dir, 0o711)).toThrow("belongs to somebody else");
});
