import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, link, mkdir, mkdtemp, rm, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { BuildFailure } from "../build-failure.ts";
import { sha256 } from "../oci/image.ts";
import { packFolder } from "./pack-folder.ts";

const never = new AbortController().signal;
let dir = "";
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-pack-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const makeTree = async (files: Record<string, string>) => {
  const jobDir = join(dir, String(++count));
  for (const [path, text] of Object.entries(files)) await Bun.write(join(jobDir, "app", path), text);
  return jobDir;
};

const entriesOf = async (path: string) => {
  const packed = await Bun.file(path).bytes();
  const plain = gunzipSync(packed);
  const tar = extract();
  tar.end(plain);
  const entries = new Map<string, { header: Header; text: string }>();
  for await (const entry of tar) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.set(entry.header.name, { header: entry.header, text: Buffer.concat(chunks).toString() });
  }
  return { entries, packed, plain };
};

test("a layer holds the folder below app/, and its digests are true", async () => {
  const jobDir = await makeTree({ "index.ts": "code", "lib/a.js": "a", ".git/config": "no", "lib/.git/keep": "yes" });
  await symlink("lib/a.js", join(jobDir, "app/link"));
  const layer = await packFolder(jobDir, 1e9, never);
  const { entries, packed, plain } = await entriesOf(layer.path);
  expect([...entries.keys()]).toEqual([
    "app/",
    "app/index.ts",
    "app/lib/",
    "app/lib/.git/",
    "app/lib/.git/keep",
    "app/lib/a.js",
    "app/link",
  ]);
  expect(entries.get("app/index.ts")?.text).toBe("code");
  expect(entries.get("app/link")?.header).toMatchObject({ type: "symlink", linkname: "lib/a.js" });
  expect(layer).toMatchObject({ digest: sha256(packed), diffId: sha256(plain), sizeBytes: packed.length });
});

test("the same files give the same layer, whenever and by whomever they were written", async () => {
  const files = { "b.txt": "b", "a.txt": "a", "deep/c.txt": "c" };
  const first = await makeTree(files);
  const second = await makeTree(Object.fromEntries(Object.entries(files).reverse()));
  await utimes(join(second, "app/a.txt"), 1, 1);
  await chmod(join(second, "app/a.txt"), 0o600);
  if (process.getuid?.() === 0) Bun.spawnSync(["chown", "1234:1234", join(second, "app/b.txt")]);
  expect((await packFolder(first, 1e9, never)).digest).toBe((await packFolder(second, 1e9, never)).digest);
});

test("nothing in a layer runs as its owner, and only programs can be run", async () => {
  const jobDir = await makeTree({ tool: "x", text: "x" });
  await chmod(join(jobDir, "app/tool"), 0o6711);
  await chmod(join(jobDir, "app/text"), 0o4666);
  await mkdir(join(jobDir, "app/shared"));
  await chmod(join(jobDir, "app/shared"), 0o3777);
  const { entries } = await entriesOf((await packFolder(jobDir, 1e9, never)).path);
  const modes = ["app/tool", "app/text", "app/shared/"].map((name) => entries.get(name)?.header.mode);
  expect(modes).toEqual([0o755, 0o644, 0o755]);
  expect(entries.get("app/tool")?.header).toMatchObject({ uid: 0, gid: 0 });
});

test("files with two names are packed as two files", async () => {
  const jobDir = await makeTree({ one: "same" });
  await link(join(jobDir, "app/one"), join(jobDir, "app/two"));
  const { entries } = await entriesOf((await packFolder(jobDir, 1e9, never)).path);
  expect(entries.get("app/two")).toMatchObject({ text: "same", header: { type: "file" } });
});

test("a folder that is too large is refused", async () => {
  const jobDir = await makeTree({ large: "x".repeat(200_000) });
  const err = await packFolder(jobDir, 100_000, never).catch((thrown: unknown) => thrown);
  expect((err as BuildFailure).reason).toMatchObject({ code: "image_too_large" });
  expect((err as BuildFailure).message).toContain("97.7 KiB");
});

test("aborting ends it with the reason", async () => {
  const jobDir = await makeTree({ a: "x".repeat(50_000_000) });
  const stop = new AbortController();
  const packing = packFolder(jobDir, 1e9, stop.signal).catch((thrown: unknown) => thrown);
  stop.abort(new BuildFailure("cancelled", "Enough."));
  expect(await packing).toBeInstanceOf(Error);
});
