import { afterAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readState, writeState } from "./state-file.ts";

const dir = await mkdtemp(join(tmpdir(), "homeport-state-"));
afterAll(() => rm(dir, { recursive: true, force: true }));
const Content = z.object({ count: z.number() });

test("what was written is read, and only its owner may", async () => {
  const path = join(dir, "sub/state.json");
  await writeState(path, { count: 1 });
  await writeState(path, { count: 2 });
  expect(await readState(path, Content)).toEqual({ count: 2 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(dir, "sub"))).toEqual(["state.json"]);
});

test("a file that is not there is null, one that is wrong is an error", async () => {
  expect(await readState(join(dir, "none.json"), Content)).toBeNull();
  await Bun.write(join(dir, "half.json"), '{"count":');
  await expect(readState(join(dir, "half.json"), Content)).rejects.toThrow();
  await Bun.write(join(dir, "wrong.json"), '{"count":"many"}');
  await expect(readState(join(dir, "wrong.json"), Content)).rejects.toThrow();
});

test("a write that fails leaves the old content and no draft", async () => {
  const path = join(dir, "kept.json");
  await writeState(path, { count: 1 });
  await expect(writeState(path, { count: 1n })).rejects.toThrow();
  expect(await readState(path, Content)).toEqual({ count: 1 });
  expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
