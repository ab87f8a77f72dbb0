import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { UsageError } from "./usage-error.ts";

/** Never part of a source: git's own data, and what the build installs again. */
const LEFT_OUT = new Set([".git", "node_modules", ".homeport"]);
const MAX_FILES = 100_000;

/**
 * The files to deploy, relative to `dir`, sorted. In a git work tree those git knows or would add, so .gitignore holds;
 * elsewhere all but LEFT_OUT.
 *
 * @throws {UsageError} when there are none, or more than 100,000
 */
export const listFiles = async (dir: string): Promise<string[]> => {
  const files = (await gitFiles(dir)) ?? (await walk(dir, ""));
  if (files.length === 0) throw new UsageError(`There are no files to deploy in ${dir}.`);
  if (files.length > MAX_FILES)
    throw new UsageError(`${dir} has more than ${MAX_FILES} files. Deploy a smaller folder.`);
  return files.sort();
};

const gitFiles = async (dir: string): Promise<string[] | null> => {
  const argv = ["git", "-C", dir, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  try {
    const git = Bun.spawn(argv, { stdout: "pipe", stderr: "ignore", stdin: "ignore", timeout: 60_000 });
    const names = (await new Response(git.stdout).text()).split("\0").filter((name) => name !== "");
    if ((await git.exited) !== 0) return null;
    const present = await Promise.all(names.map(async (name) => ((await exists(join(dir, name))) ? [name] : [])));
    return present.flat();
  } catch {
    return null; // git is not installed
  }
};

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stat) => !stat.isDirectory(), // a submodule is listed by its folder
    () => false,
  );

const walk = async (root: string, below: string): Promise<string[]> => {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await walk(root, path)));
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    if (found.length > MAX_FILES) break;
  }
  return found;
};

/** A gzip'd tar of the files, written while it is read. */
export const packFiles = (dir: string, files: string[]): ReadableStream<Uint8Array> => {
  const tar = pack();
  const add = async () => {
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
  add().catch((err: Error) => tar.destroy(err));
  return Readable.toWeb(Readable.from(tar.pipe(createGzip({ level: 6 })))) as ReadableStream<Uint8Array>;
};

type Header = { name: string; mode: number; mtime: Date; size: number };

const addFile = (tar: ReturnType<typeof pack>, path: string, header: Header): Promise<void> =>
  new Promise((resolve, reject) => {
    const entry = tar.entry(header, (err) => (err ? reject(err) : resolve()));
    const content = createReadStream(path, { end: Math.max(0, header.size - 1) });
    content.once("error", reject);
    if (header.size === 0) entry.end(new Uint8Array());
    else content.pipe(entry);
  });
