import { afterAll, beforeEach, expect, test } from "bun:test";
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarEntry, tarOf } from "../../../test/images.ts";
import { unpackLayer } from "./unpack.ts";

const base = await mkdtemp(join(tmpdir(), "homeport-unpack-"));
afterAll(() => rm(base, { recursive: true, force: true }));

let target: string;
let archive: string;
beforeEach(async () => {
  const dir = await mkdtemp(join(base, "case-"));
  target = join(dir, "target");
  archive = join(dir, "layer.tar.gz");
  await mkdir(target);
});

const unpack = async (entries: TarEntry[], limits?: Parameters<typeof unpackLayer>[2]): Promise<void> => {
  await Bun.write(archive, gzipSync(await tarOf(entries)));
  await unpackLayer(archive, target, limits);
};

test("files, folders and links inside the folder arrive as they were", async () => {
  await unpack([
    { name: "app/", type: "directory" },
    { name: "./app/bin/run", content: "#!/bin/run", mode: 0o755 },
    { name: "app/deep/er/file.txt", content: "content" },
    { name: "app/empty", content: "" },
    { name: "app/link", type: "symlink", linkname: "deep/er/file.txt" },
    { name: "app/up/link", type: "symlink", linkname: "../bin" },
    { name: "app/absolute", type: "symlink", linkname: "/app/empty" },
    { name: "app/twin", type: "link", linkname: "app/deep/er/file.txt" },
    { name: `app/${"long/".repeat(40)}name`, content: "long" },
  ]);
  expect(readFileSync(join(target, "app/link"), "utf8")).toBe("content");
  expect(readFileSync(join(target, "app/twin"), "utf8")).toBe("content");
  expect(readlinkSync(join(target, "app/up/link"))).toBe("../bin");
  expect(statSync(join(target, "app/bin/run")).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(target, "app", "long/".repeat(40), "name"), "utf8")).toBe("long");
});

test("setuid and the like are taken away", async () => {
  await unpack([{ name: "app/su", content: "x", mode: 0o6755 }]);
  expect(lstatSync(join(target, "app/su")).mode & 0o7777).toBe(0o755);
});

const device = { devmajor: 1, devminor: 3 };
test.each<{ name: string; entries: TarEntry[] }>([
  { name: "an absolute path", entries: [{ name: "/etc/evil", content: "x" }] },
  { name: "a path that climbs", entries: [{ name: "app/../../evil", content: "x" }] },
  { name: "a path that climbs and comes back", entries: [{ name: "app/../app/evil", content: "x" }] },
  { name: "a file beside the folder", entries: [{ name: "etc/evil", content: "x" }] },
  { name: "a folder whose name only begins like it", entries: [{ name: "application/x", content: "x" }] },
  { name: "an absolute link", entries: [{ name: "app/l", type: "symlink", linkname: "/etc/passwd" }] },
  { name: "a link that climbs", entries: [{ name: "app/l", type: "symlink", linkname: "../../etc/passwd" }] },
  { name: "a link to the folder above", entries: [{ name: "app/l", type: "symlink", linkname: ".." }] },
  { name: "an absolute link that climbs", entries: [{ name: "app/l", type: "symlink", linkname: "/app/../etc" }] },
  { name: "a hard link out", entries: [{ name: "app/l", type: "link", linkname: "/etc/passwd" }] },
  { name: "a hard link to what is not in the image", entries: [{ name: "app/l", type: "link", linkname: "app/none" }] },
  { name: "a device", entries: [{ name: "app/d", type: "character-device", ...device }] },
  { name: "a block device", entries: [{ name: "app/d", type: "block-device", ...device }] },
  { name: "a pipe", entries: [{ name: "app/p", type: "fifo" }] },
  {
    name: "a file written through a link",
    entries: [
      { name: "app/real/", type: "directory" },
      { name: "app/l", type: "symlink", linkname: "real" },
      { name: "app/l/evil", content: "x" },
    ],
  },
  {
    name: "one file twice",
    entries: [
      { name: "app/a", content: "x" },
      { name: "app/a", content: "y" },
    ],
  },
  {
    name: "a link in place of a file",
    entries: [
      { name: "app/a", content: "x" },
      { name: "app/a", type: "symlink", linkname: "b" },
    ],
  },
])("$name is refused", async ({ entries }) => {
  await expect(unpack(entries)).rejects.toMatchObject({ retryable: false, reason: { code: "image_unsafe" } });
  expect(readdirSync(join(target, "..")).sort()).toEqual(["layer.tar.gz", "target"]);
  expect(readdirSync(target)).toEqual(["app"]);
});

test("too many entries and too many bytes are refused", async () => {
  const many = Array.from({ length: 11 }, (_, index) => ({ name: `app/${index}`, content: "0123456789" }));
  await expect(unpack(many, { entries: 10, bytes: 1000 })).rejects.toMatchObject({
    reason: { code: "image_too_large" },
  });
  await rm(target, { recursive: true });
  await mkdir(target);
  await expect(unpack(many, { entries: 100, bytes: 100 })).rejects.toMatchObject({
    reason: { code: "image_too_large" },
  });
});

test("an archive that shrinks a thousandfold is refused before it fills the disk", async () => {
  const bomb = [{ name: "app/zeros", content: new Uint8Array(80 * 1024 * 1024) }];
  await expect(unpack(bomb)).rejects.toMatchObject({ reason: { code: "image_too_large" } });
});

test.each([
  { name: "not gzip", bytes: Buffer.from("plain text") },
  { name: "gzip of no archive", bytes: gzipSync(Buffer.alloc(2000, "x")) },
  { name: "cut off", bytes: gzipSync(Buffer.alloc(2000, "x")).subarray(0, 20) },
])("an archive that is $name is refused", async ({ bytes }) => {
  await Bun.write(archive, bytes);
  await expect(unpackLayer(archive, target)).rejects.toMatchObject({ reason: { code: "image_unsafe" } });
});
