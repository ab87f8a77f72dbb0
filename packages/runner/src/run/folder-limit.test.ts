import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { type FolderLimit, withFolderLimit } from "./folder-limit.ts";
import { withTimeLimit } from "./time-limit.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-limit-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const never = new AbortController().signal;
const limit = async (name: string, changes: Partial<FolderLimit> = {}): Promise<FolderLimit> => {
  const folder = join(dir, name);
  await mkdir(folder);
  return { folder, maxBytes: 1_000_000, maxEntries: 20, code: "workspace_too_large", what: "The build", ...changes };
};
const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  return err instanceof BuildFailure ? err.reason : err;
};

test("work below the limit gives its result", async () => {
  const small = await limit("small");
  expect(await withFolderLimit(small, never, async () => "done")).toBe("done");
});

test("a folder that has grown too large fails, even when the work was done", async () => {
  const large = await limit("large");
  const failure = await failureOf(
    withFolderLimit(large, never, () => Bun.write(join(large.folder, "x"), "x".repeat(2_000_000))),
  );
  expect(failure).toMatchObject({ code: "workspace_too_large", message: "The build is larger than 976.6 KiB." });
});

test("too many files fail", async () => {
  const many = await limit("many");
  const write = async () => {
    for (let i = 0; i < 30; i++) await Bun.write(join(many.folder, String(i)), "");
  };
  expect(await failureOf(withFolderLimit(many, never, write))).toMatchObject({
    message: "The build has more than 20 files.",
  });
});

test("what links lead to does not count", async () => {
  const linked = await limit("linked");
  await withFolderLimit(linked, never, () => symlink("/usr", join(linked.folder, "usr")));
});

test("work that does not end is aborted once the folder is too large", async () => {
  const endless = await limit("endless");
  const grow = async (signal: AbortSignal) => {
    await Bun.write(join(endless.folder, "x"), "x".repeat(2_000_000));
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("a library's own words"))),
    );
  };
  expect(await failureOf(withFolderLimit(endless, never, grow))).toMatchObject({ code: "workspace_too_large" });
}, 15_000);

test("an abort from outside comes out as its reason", async () => {
  const stop = new AbortController();
  const wait = (signal: AbortSignal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("a library's own words")));
      stop.abort(new Error("enough"));
    });
  expect(await failureOf(withFolderLimit(await limit("stopped"), stop.signal, wait))).toEqual(new Error("enough"));
});

test("work that takes too long fails with what was said about that", async () => {
  const late = () => new BuildFailure("timed_out", "Too late.");
  const wait = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("x"))));
  expect(await failureOf(withTimeLimit(5, late, never, wait))).toMatchObject({ code: "timed_out" });
  expect(await withTimeLimit(1000, late, never, async () => "in time")).toBe("in time");
});
