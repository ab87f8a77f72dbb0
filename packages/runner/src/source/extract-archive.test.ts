import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { BuildFailure } from "../build-failure.ts";
import { extractArchive } from "./extract-archive.ts";

const never = new AbortController().signal;
const limits = { maxBytes: 64 * 1024 * 1024, maxEntries: 100, maxRatio: 100 };
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-extract-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

type Entry = Partial<Header> & { name: string; text?: string };

const tarOf = async (entries: Entry[]): Promise<Buffer> => {
  const archive = pack();
  for (const { text, ...header } of entries) archive.entry(header as Header, text ?? "");
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
};

const unpack = async (archive: Uint8Array, changes: Partial<typeof limits> = {}) => {
  const root = await mkdtemp(join(dir, "root-"));
  const body = new Blob([archive as Uint8Array<ArrayBuffer>]).stream();
  try {
    const found = await extractArchive(body, root, { ...limits, ...changes }, never);
    return { root, ...found, failure: null };
  } catch (err) {
    if (!(err instanceof BuildFailure)) throw err;
    return { root, entryCount: 0, sizeBytes: 0, failure: err.reason };
  }
};
const unpackEntries = async (...entries: Entry[]) => unpack(gzipSync(await tarOf(entries)));

test("files, folders and links inside are unpacked; owners, times and special bits are not taken over", async () => {
  const { root, failure, entryCount } = await unpackEntries(
    { name: "./", type: "directory" },
    { name: "./a.txt", text: "a", uid: 1234, mode: 0o4777, mtime: new Date(0) },
    { name: "bin/run", text: "#!/bin/sh", mode: 0o700 },
    { name: "deep/er/b.txt", text: "b", mode: 0o600 },
    { name: "deep/link", type: "symlink", linkname: "../a.txt" },
    { name: "hard", type: "link", linkname: "a.txt" },
  );
  expect(failure).toBeNull();
  expect(entryCount).toBe(6);
  expect(await Bun.file(join(root, "deep/er/b.txt")).text()).toBe("b");
  expect(await Bun.file(join(root, "hard")).text()).toBe("a");
  expect(await readlink(join(root, "deep/link"))).toBe("../a.txt");
  const stat = lstatSync(join(root, "a.txt"));
  expect(stat.mode & 0o7777).toBe(0o755);
  expect(stat.uid).toBe(process.getuid?.() ?? 0);
  expect(lstatSync(join(root, "deep/er/b.txt")).mode & 0o777).toBe(0o644);
});

test("a file that comes twice is the later one", async () => {
  const { root, failure } = await unpackEntries({ name: "a", text: "1" }, { name: "a", text: "2" });
  expect(failure).toBeNull();
  expect(await Bun.file(join(root, "a")).text()).toBe("2");
});

const hostile: { name: string; entries: Entry[]; says: RegExp }[] = [
  { name: "an absolute path", entries: [{ name: "/canary", text: "x" }], says: /absolute/ },
  { name: "a path upwards", entries: [{ name: "../canary", text: "x" }], says: /"\.\."/ },
  { name: "a path upwards in the middle", entries: [{ name: "a/../../canary", text: "x" }], says: /"\.\."/ },
  { name: "a folder upwards", entries: [{ name: "../canary", type: "directory" }], says: /"\.\."/ },
  { name: "a link out", entries: [{ name: "l", type: "symlink", linkname: "../.." }], says: /leads out/ },
  { name: "an absolute link", entries: [{ name: "l", type: "symlink", linkname: "/etc/passwd" }], says: /leads out/ },
  {
    name: "a file through a link",
    entries: [
      { name: "l", type: "symlink", linkname: "." },
      { name: "l/x", text: "x" },
    ],
    says: /no folder/,
  },
  {
    name: "a link out through another link",
    entries: [
      { name: "d/up", type: "symlink", linkname: ".." },
      { name: "e", type: "symlink", linkname: "d/up/../canary" },
    ],
    says: /leads out/,
  },
  {
    name: "a file through a file",
    entries: [
      { name: "f", text: "x" },
      { name: "f/x", text: "x" },
    ],
    says: /no folder/,
  },
  {
    name: "a file where a folder is",
    entries: [
      { name: "d", type: "directory" },
      { name: "d", text: "x" },
    ],
    says: /at once/,
  },
  { name: "a hard link out", entries: [{ name: "h", type: "link", linkname: "/etc/passwd" }], says: /hard link/ },
  { name: "a hard link to nothing", entries: [{ name: "h", type: "link", linkname: "later" }], says: /hard link/ },
  {
    name: "a hard link to a link",
    entries: [
      { name: "l", type: "symlink", linkname: "x" },
      { name: "h", type: "link", linkname: "l" },
    ],
    says: /hard link/,
  },
  {
    name: "a device",
    entries: [{ name: "d", type: "character-device", devmajor: 1, devminor: 3 }],
    says: /character-device/,
  },
  { name: "a pipe", entries: [{ name: "p", type: "fifo" }], says: /fifo/ },
  { name: "a name that is too long", entries: [{ name: `${"x".repeat(300)}`, text: "x" }], says: /too long/ },
  { name: "an entry that is the root", entries: [{ name: "./", text: "x" }], says: /archive itself|damaged/ },
];
for (const { name, entries, says } of hostile) {
  test(`${name} is refused and nothing gets out`, async () => {
    const { failure, root } = await unpackEntries(...entries);
    expect(failure?.code).toBe("archive_invalid");
    expect(failure?.message).toMatch(says);
    expect(existsSync("/canary")).toBe(false);
    expect(readdirSync(dir)).not.toContain("canary");
    expect(existsSync(join(root, "canary"))).toBe(false);
  });
}

test("a bomb is stopped by its ratio", async () => {
  const zeros = gzipSync(await tarOf([{ name: "zeros", text: "\0".repeat(40 * 1024 * 1024) }]));
  const { failure } = await unpack(zeros);
  expect(failure).toMatchObject({ code: "archive_too_large" });
  expect(failure?.message).toContain("100 times");
});

test("an archive that unpacks to too much is stopped", async () => {
  const { failure } = await unpack(gzipSync(await tarOf([{ name: "a", text: "x".repeat(10_000) }])), {
    maxBytes: 5000,
  });
  expect(failure?.message).toContain("more than 4.9 KiB");
});

test("too many entries are stopped", async () => {
  const { failure } = await unpackEntries(...Array.from({ length: 101 }, (_, i) => ({ name: `f${i}`, text: "" })));
  expect(failure).toMatchObject({ code: "archive_too_large", message: "The archive has more than 100 entries." });
});

test("a name in an extended header cannot use up the memory", async () => {
  const long = gzipSync(await tarOf([{ name: "a".repeat(6_000_000), text: "x" }]));
  expect((await unpack(long)).failure?.code).toBe("archive_invalid");
});

const damaged: { name: string; bytes: () => Promise<Uint8Array> }[] = [
  { name: "no gzip at all", bytes: async () => new TextEncoder().encode("hello, I am no archive") },
  { name: "nothing", bytes: async () => new Uint8Array() },
  { name: "a gzip of something else", bytes: async () => gzipSync("x".repeat(2000)) },
  { name: "an empty archive", bytes: async () => gzipSync(await tarOf([])) },
  {
    name: "a gzip that is cut off",
    bytes: async () => {
      const whole = gzipSync(await tarOf([{ name: "a", text: crypto.randomUUID().repeat(2000) }]));
      return whole.subarray(0, whole.length / 2);
    },
  },
  {
    name: "a tar that is cut off",
    bytes: async () => gzipSync((await tarOf([{ name: "a", text: "x".repeat(3000) }])).subarray(0, 1500)),
  },
  {
    name: "a flipped byte",
    bytes: async () => {
      const whole = gzipSync(await tarOf([{ name: "a", text: crypto.randomUUID().repeat(2000) }]));
      whole[whole.length >> 1] = (whole[whole.length >> 1] ?? 0) ^ 0xff;
      return whole;
    },
  },
];
for (const { name, bytes } of damaged) {
  test(`${name} is a clear error`, async () => {
    const { failure } = await unpack(await bytes());
    expect(failure?.code).toBe("archive_invalid");
    expect(failure?.message).toMatch(/archive is (damaged|empty)/);
  });
}

test("aborting ends it with the reason", async () => {
  const stop = new AbortController();
  const endless = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  const root = join(dir, "aborted");
  await mkdir(root);
  const failure = extractArchive(endless, root, limits, stop.signal).catch((err: unknown) => err);
  stop.abort(new Error("enough"));
  expect(await failure).toEqual(new Error("enough"));
});
