import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCacheLimit } from "./cache-limit.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-caches-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
const never = new AbortController().signal;

test("a cache over the limit is emptied, another stays", async () => {
  await Bun.write(join(dir, "large/npm/x"), "x".repeat(300_000));
  await Bun.write(join(dir, "small/npm/x"), "x");
  const limit = createCacheLimit(dir, 200_000);
  await limit(never);
  expect(await readdir(join(dir, "large"))).toEqual([]);
  expect(existsSync(join(dir, "small/npm/x"))).toBe(true);
  await Bun.write(join(dir, "large/npm/x"), "x".repeat(300_000));
  await limit(never); // it has just looked
  expect(existsSync(join(dir, "large/npm/x"))).toBe(true);
});

test("no caches are no error", async () => {
  await createCacheLimit(join(dir, "nowhere"), 1)(never);
});
