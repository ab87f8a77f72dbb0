import { chmod, chown, lstat, mkdir, readdir, rename, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { DesiredReplica, WorkloadFile } from "@homeport/clusters/contract.ts";
import { log } from "../log.ts";
import type { EngineKind } from "../ports.ts";
import { isMissing } from "../state-file.ts";

/** A folder of this machine, and where a replica shall see it; read-only but for a volume. */
export type FileMount = { from: string; to: string; writable?: true };

/** Whose files they are: one user's, or everybody's in a container, where nobody else is. */
export type Reader = { kind: "user"; uid: number | null } | { kind: "container" };

/**
 * The files that replicas find in folders of their own. They are no part of an image nor of a replica's record, and lie
 * in memory where the machine has a folder that does: what was in them is gone with the replica, or with the power.
 */
export type PlacedFiles = {
  /** Puts a replica's files there, once: they never change. Needed again after a restart of the machine. */
  place(replica: Pick<DesiredReplica, "id" | "files">, reader: Reader): Promise<FileMount[]>;
  remove(id: string): Promise<void>;
  /** Clears away what a crash left behind. */
  removeAllBut(ids: readonly string[]): Promise<void>;
};

const MEMORY = "/dev/shm";
/** statfs(2), TMPFS_MAGIC. */
const TMPFS = 0x01021994;
const UNFINISHED = ".unfinished";

type Place = { nodeId: string; agentDir: string };

/** The folder that holds a folder for each replica with files. */
export const placedFilesRoot = async (engine: EngineKind, { nodeId, agentDir }: Place): Promise<string> =>
  join((await isInMemory(MEMORY)) ? join(MEMORY, `homeport-${nodeId}`) : join(agentDir, "files"), engine);

export const openPlacedFiles = async (engine: EngineKind, place: Place): Promise<PlacedFiles> => {
  const root = await placedFilesRoot(engine, place);

  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other: a folder that one is about to use must not be let go of by another. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };

  return {
    place: (replica, reader) =>
      inTurn(async () => {
        const folders = foldersOf(replica.files);
        if (folders.length === 0) return [];
        const dir = join(root, replica.id);
        if (!(await isThere(dir))) {
          await makePrivate(dirname(root));
          await mkdir(root, { recursive: true, mode: 0o700 });
          await write(dir, folders, reader);
          log.debug({ replicaId: replica.id, count: replica.files.length }, "files placed");
        }
        return folders.map(({ to }, index) => ({ from: join(dir, String(index)), to }));
      }),

    remove: (id) =>
      inTurn(async () => {
        await removeTree(join(root, id));
        await removeEmpty([root, dirname(root)]);
      }),

    removeAllBut: (ids) =>
      inTurn(async () => {
        const keep = new Set(ids);
        for (const name of await namesIn(root)) if (!keep.has(name)) await removeTree(join(root, name));
        await removeEmpty([root, dirname(root)]);
      }),
  };
};

type Folder = { to: string; files: WorkloadFile[] };

/** The folders that have to be mounted. One that lies in another is a part of that, since nothing can be mounted there. */
export const foldersOf = (files: readonly WorkloadFile[]): Folder[] => {
  const folders: Folder[] = [];
  const byDepth = files.toSorted((a, b) => dirname(a.path).length - dirname(b.path).length);
  for (const file of byDepth) {
    const around = folders.find(({ to }) => file.path.startsWith(`${to}/`));
    if (around === undefined) folders.push({ to: dirname(file.path), files: [file] });
    else around.files.push(file);
  }
  return folders;
};

/** It appears under its name only when it is whole. */
const write = async (dir: string, folders: Folder[], reader: Reader): Promise<void> => {
  const draft = `${dir}.${Bun.randomUUIDv7()}${UNFINISHED}`;
  try {
    for (const [index, { to, files }] of folders.entries()) {
      const folder = join(draft, String(index));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const { path, content, mode } of files) {
        const file = join(folder, relative(to, path));
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(file, Buffer.from(content, "base64"), { mode: 0o600, flag: "wx" });
        await give(file, mode, reader);
      }
      for (const inner of await foldersIn(folder)) await give(inner, reader.kind === "user" ? 0o500 : 0o555, reader);
    }
    await rename(draft, dir);
  } catch (err) {
    await removeTree(draft);
    throw err;
  }
};

const give = async (path: string, mode: number, reader: Reader): Promise<void> => {
  await chmod(path, mode); // what mkdir and writeFile were told is subject to the umask
  if (reader.kind === "user" && reader.uid !== null) await chown(path, reader.uid, reader.uid);
};

/** The folder and all folders in it, inner ones first. */
const foldersIn = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { withFileTypes: true });
  const inner = await Promise.all(
    entries.filter((each) => each.isDirectory()).map(({ name }) => foldersIn(join(dir, name))),
  );
  return [...inner.flat(), dir];
};

/** Without a right to write to its folder nobody but root can remove a file. */
const removeTree = async (dir: string): Promise<void> => {
  if (!(await isThere(dir))) return;
  await chmod(dir, 0o700);
  const entries = await readdir(dir, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(dir, entry.name));
  await rm(dir, { recursive: true, force: true });
};

/** Nothing is left of a node that has no files any more. */
const removeEmpty = async (dirs: readonly string[]): Promise<void> => {
  for (const dir of dirs) if ((await isThere(dir)) && (await readdir(dir)).length === 0) await rmdir(dir);
};

/** Anybody may make a folder in /dev/shm, also one of our name. @throws when it is not ours alone */
const makePrivate = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await lstat(dir);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return;
  throw new Error(`${dir} is not a folder of the agent's own; remove it.`);
};

const isInMemory = async (dir: string): Promise<boolean> => {
  try {
    return (await statfs(dir)).type === TMPFS;
  } catch {
    return false; // not every system has it
  }
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isDirectory();
  } catch (err) {
    if (isMissing(err)) return false;
    throw err;
  }
};

const namesIn = async (dir: string): Promise<string[]> => ((await isThere(dir)) ? readdir(dir) : []);
