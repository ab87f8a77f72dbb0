import { createReadStream, existsSync } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { UsageError } from "./usage-error.ts";

/** Never part of a source: git's own data, and what the build installs again. */
const LEFT_OUT = new Set([".git", "node_modules", ".homeport"]);
const MAX_FILES = 100_000;
/** What the platform takes, compressed. */
const MAX_ARCHIVE_BYTES = 512 * 1024 * 1024;

export type ArchiveLimits = { maxFiles: number; maxBytes: number };
const LIMITS: ArchiveLimits = { maxFiles: MAX_FILES, maxBytes: MAX_ARCHIVE_BYTES };

/**
 * The files to deploy, relative to `dir`, sorted. In a git work tree those git knows or would add, so .gitignore holds;
 * elsewhere, and in a folder that git ignores as a whole, all but LEFT_OUT.
 *
 * @throws {UsageError} when there are none, too many, or git cannot say which
 */
export const listFiles = async (dir: string, { maxFiles } = LIMITS): Promise<string[]> => {
  const files = (await gitFiles(dir, maxFiles)) ?? (await walk(dir, "", maxFiles));
  if (files.length === 0) throw new UsageError(`There are no files to deploy in ${dir}.`);
  refuseTooMany(dir, files, maxFiles);
  return files.sort();
};

const refuseTooMany = (dir: string, files: readonly string[], maxFiles: number): void => {
  if (files.length > maxFiles) throw new UsageError(`${dir} has more than ${maxFiles} files. Deploy a smaller folder.`);
};

/** Null outside of work trees, and where the folder itself is ignored: somebody deploys what a build has made. */
const gitFiles = async (dir: string, maxFiles: number): Promise<string[] | null> => {
  if (!isInWorkTree(dir)) return null;
  const { code, stdout, stderr } = await git(dir, [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "--deduplicate",
  ]);
  if (code !== 0) {
    // Going on without .gitignore would upload what it keeps out, passwords too.
    throw new UsageError(`git cannot list the files of ${dir}: ${stderr.trim() || `it ended with ${code}`}`);
  }
  const names = stdout.split("\0").filter((name) => name !== "");
  if (names.length === 0 && (await git(dir, ["check-ignore", "-q", "."])).code === 0) return null;
  refuseTooMany(dir, names, maxFiles);
  const present = await Promise.all(names.map(async (name) => ((await exists(join(dir, name))) ? [name] : [])));
  return present.flat();
};

const isInWorkTree = (dir: string): boolean =>
  existsSync(join(dir, ".git")) || (dirname(dir) !== dir && isInWorkTree(dirname(dir)));

const git = async (dir: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  try {
    const child = Bun.spawn(["git", "-C", dir, ...args], {
      stdout: "pipe",
      stderr: "pipe",
      stdin: "ignore",
      timeout: 60_000,
    });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, stdout, stderr };
  } catch {
    throw new UsageError(`${dir} is in a git work tree, and git is not installed. Install it, or deploy a copy.`);
  }
};

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stat) => !stat.isDirectory(), // a submodule is listed by its folder
    () => false,
  );

const walk = async (root: string, below: string, maxFiles: number): Promise<string[]> => {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await walk(root, path, maxFiles - found.length)));
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    if (found.length > maxFiles) break;
  }
  return found;
};

export type Archive = {
  body: ReadableStream<Uint8Array>;
  /** Why the body broke off, when it was for a reason of this side. */
  failure(): Error | null;
};

/** A gzip'd tar of the files, written while it is read. */
export const packFiles = (dir: string, files: string[], { maxBytes } = LIMITS): Archive => {
  const tar = pack();
  const gzip = createGzip({ level: 6 });
  const bound = limitTo(maxBytes);
  const streams: Stream[] = [tar, gzip, bound];
  let failure: Error | null = null;
  const fail = (err: Error) => {
    if (err.name !== "AbortError") failure ??= err; // that one says that the reader wants no more
    for (const stream of streams) stream.destroy(err); // pipe() hands no error on
  };
  for (const stream of streams) stream.on("error", fail);
  bound.on("close", () => tar.destroy());
  tar.pipe(gzip).pipe(bound);
  addFiles(tar, dir, files).catch(fail);
  return { body: Readable.toWeb(bound) as ReadableStream<Uint8Array>, failure: () => failure };
};

type Stream = { on(event: "error", listener: (err: Error) => void): unknown; destroy(err: Error): unknown };

const addFiles = async (tar: ReturnType<typeof pack>, dir: string, files: string[]): Promise<void> => {
  for (const name of files) {
    const path = join(dir, name);
    const stat = await lstat(path);
    const common = { name, mode: stat.mode & 0o777, mtime: stat.mtime };
    if (stat.isSymbolicLink()) {
      tar.entry({ ...common, type: "symlink", linkname: await readlink(path) });
    } else if (stat.isFile()) {
      await addFile(tar, path, { ...common, size: stat.size });
    }
  }
  tar.finalize();
};

const limitTo = (maxBytes: number): Transform => {
  let size = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.byteLength;
      const isTooLarge = size > maxBytes;
      const mib = Math.floor(maxBytes / 1024 / 1024);
      if (isTooLarge) done(new UsageError(`The folder is larger than ${mib} MiB, compressed. Deploy a smaller one.`));
      else done(null, chunk);
    },
  });
};

type Header = { name: string; mode: number; mtime: Date; size: number };

const addFile = (tar: ReturnType<typeof pack>, path: string, header: Header): Promise<void> =>
  new Promise((resolve, reject) => {
    const entry = tar.entry(header, (err) => (err ? reject(err) : resolve()));
    const content = createReadStream(path, { end: Math.max(0, header.size - 1) });
    content.once("error", reject);
    entry.on("error", (err: Error) => {
      content.destroy();
      reject(err);
    });
    if (header.size === 0) entry.end(new Uint8Array());
    else content.pipe(entry);
  });
