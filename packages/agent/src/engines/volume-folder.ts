import { lstat, readdir } from "node:fs/promises";
import { MAX_VOLUME_ENTRIES, MAX_VOLUME_FILE_BYTES, type VolumeEntry } from "@homeport/clusters/contract.ts";
import { readFrom, run, writeTo } from "../exec.ts";
import type { Found } from "../ports.ts";
import { isMissing } from "../state-file.ts";
import { TaskFailure } from "../task-failure.ts";
import { pathOf, withBeneath } from "./beneath.ts";
import { readCompressed, writeCompressed } from "./compressed-file.ts";

/**
 * A volume that is a folder of this machine. `dir` is a path of ours; what is in it is the tenant's, who may write to it
 * at the same time, so that nothing in it is opened by a path of several names, nor by a program that follows links.
 */

/** Space on disk, and files and folders below it. A file with several names counts once. */
export const measureFolder = async (dir: string, signal: AbortSignal): Promise<{ bytes: number; files: number }> => {
  // du walks with openat and never follows a link; -x keeps it on the volume's own disk
  const options = ["--summarize", "--one-file-system"];
  const bytes = firstNumber(await run(["du", ...options, "--block-size=1", "--", dir], signal));
  const inodes = firstNumber(await run(["du", ...options, "--inodes", "--", dir], signal));
  return { bytes, files: Math.max(0, inodes - 1) };
};

const firstNumber = (text: string): number => Number(/^\d+/.exec(text)?.[0] ?? 0);

export const browseFolder = async (dir: string, path: string): Promise<Found> => {
  try {
    return await withBeneath(dir, path, async (file) => {
      const found = await file.stat();
      if (found.isDirectory()) return await listFolder(pathOf(file));
      if (!found.isFile()) throw notReadable(path, "neither a file nor a folder");
      const size = Math.min(found.size, MAX_VOLUME_FILE_BYTES);
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await file.read(buffer, 0, size, 0);
      return {
        type: "file",
        bytes: found.size,
        modifiedAt: found.mtime.toISOString(),
        content: buffer.subarray(0, bytesRead).toString("base64"),
        truncated: bytesRead < found.size,
      };
    });
  } catch (err) {
    if (isMissing(err)) throw new TaskFailure("path_not_found", "There is no such file or folder in the volume.", err);
    const code = err instanceof Error && "code" in err ? err.code : null;
    if (code === "ELOOP" || code === "ENOTDIR")
      throw notReadable(path, "a link, or lies beyond something that is no folder");
    if (code === "ENXIO") throw notReadable(path, "neither a file nor a folder"); // a socket
    if (code === "ENAMETOOLONG") throw notReadable(path, "too long");
    throw err;
  }
};

const notReadable = (path: string, what: string): TaskFailure =>
  new TaskFailure("path_not_readable", `${JSON.stringify(path.slice(0, 300))} is ${what}, so it cannot be shown.`);

const listFolder = async (folder: string): Promise<Found> => {
  const names = (await readdir(folder)).sort();
  const shown = await Promise.all(names.slice(0, MAX_VOLUME_ENTRIES).map((name) => entryOf(folder, name)));
  return { type: "folder", entries: shown.filter((entry) => entry !== null), total: names.length };
};

/** Null when it went away since the folder was read. */
const entryOf = async (folder: string, name: string): Promise<VolumeEntry | null> => {
  const found = await lstat(`${folder}/${name}`).catch((err: unknown) => {
    if (isMissing(err)) return null;
    throw err;
  });
  if (found === null) return name.includes("\uFFFD") ? { name, type: "other" } : null;
  const type = found.isFile() ? "file" : found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "other";
  return {
    name: name.toWellFormed().slice(0, 1024),
    type,
    ...(type === "file" ? { bytes: found.size } : {}),
    modifiedAt: found.mtime.toISOString(),
  };
};

/** The folder itself stays, with its owner and mode. Nothing else may write to it meanwhile. */
export const emptyFolder = async (dir: string, signal: AbortSignal): Promise<void> => {
  await run(["find", dir, "-xdev", "-mindepth", "1", "-delete"], signal);
};

/** Owners by number, links as links, holes as holes. What a program changes meanwhile is taken as it is found. */
export const packFolder = (dir: string, file: string, signal: AbortSignal): Promise<void> =>
  readFrom(
    ["tar", "--create", "--sparse", "--numeric-owner", "--one-file-system", "--directory", dir, "."],
    (output) => writeCompressed(file, output, signal),
    signal,
    (code) => code <= 1, // tar(1): 1 is "some files differ", as those do that are written to
  );

/** Only root may give files away; without root everything is the agent's anyway. */
const OWNERS = process.getuid?.() === 0 ? "--same-owner" : "--no-same-owner";

/** Into a folder that is empty. */
export const unpackFolder = (dir: string, file: string, signal: AbortSignal): Promise<void> =>
  writeTo(
    ["tar", "--extract", "--numeric-owner", OWNERS, "--preserve-permissions", "--directory", dir],
    readCompressed(file, signal),
    signal,
  );
