import { createReadStream } from "node:fs";
import { chmod, link, mkdir, open, symlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { ReplicaFailure } from "../../failure.ts";

/** The one folder a process image has. */
const TOP = "app";

export type UnpackLimits = { entries: number; bytes: number };

/** A large Node application has some hundred thousand files and a few gigabytes. */
export const DEFAULT_LIMITS: UnpackLimits = { entries: 500_000, bytes: 8 * 1024 ** 3 };
const MAX_PATH_CHARS = 4096;
/** Honest code shrinks to a tenth. Below this size a high ratio harms nobody. */
const MAX_RATIO = 100;
const RATIO_COUNTS_FROM_BYTES = 64 * 1024 * 1024;

/**
 * Unpacks a layer (tar.gz) of a process image into `target`, which must be new and empty. Accepts files, folders and links
 * below `app/` that stay below it, and refuses the whole archive otherwise. Symbolic links are made after everything else,
 * so nothing is ever written through one.
 *
 * @throws {ReplicaFailure} image_unsafe or image_too_large; the caller removes what was unpacked so far.
 */
export const unpackLayer = async (archive: string, target: string, limits = DEFAULT_LIMITS): Promise<void> => {
  const compressed = Bun.file(archive).size;
  const tar = extract();
  const links: { path: string; to: string }[] = [];
  const files = new Set<string>();
  let entries = 0;
  let bytes = 0;

  const count = (size: number): void => {
    bytes += size;
    const tooDense = bytes > RATIO_COUNTS_FROM_BYTES && bytes > compressed * MAX_RATIO;
    if (bytes > limits.bytes || tooDense) throw tooLarge();
  };

  const unpackAll = async (): Promise<void> => {
    for await (const entry of tar) {
      entries += 1;
      if (entries > limits.entries) throw tooLarge();
      const { header } = entry;
      const path = safePath(header.name);
      const place = join(target, path);
      if (header.type === "directory") {
        await mkdir(place, { recursive: true, mode: 0o755 });
      } else if (header.type === "file" || header.type === "contiguous-file") {
        await mkdir(dirname(place), { recursive: true, mode: 0o755 });
        await writeEntry(entry, place, modeOf(header), count);
        files.add(path);
      } else if (header.type === "symlink") {
        links.push({ path, to: safeLink(path, header.linkname ?? "") });
      } else if (header.type === "link") {
        const original = safePath(header.linkname ?? "");
        if (!files.has(original)) throw unsafe(path, "is a link to a file that is not in the image");
        await mkdir(dirname(place), { recursive: true, mode: 0o755 });
        await link(join(target, original), place);
        files.add(path);
      } else {
        throw unsafe(path, `is a ${header.type ?? "nameless thing"}, not a file, folder or link`);
      }
      entry.resume(); // to the end of what is left of it, or the next one never comes
    }
  };

  try {
    await mkdir(join(target, TOP), { recursive: true, mode: 0o755 });
    const piped = pipeline(createReadStream(archive), createGunzip(), tar);
    const [unpacking, piping] = await Promise.allSettled([unpackAll(), piped]);
    // refusing an entry breaks the pipe, and a broken pipe ends the entries: the refusal is what people have to read
    if (unpacking.status === "rejected" && unpacking.reason instanceof ReplicaFailure) throw unpacking.reason;
    if (piping.status === "rejected") throw piping.reason;
    if (unpacking.status === "rejected") throw unpacking.reason;
    for (const { path, to } of links) {
      await mkdir(dirname(join(target, path)), { recursive: true, mode: 0o755 });
      await symlink(to, join(target, path));
    }
  } catch (err) {
    tar.destroy();
    if (err instanceof ReplicaFailure) throw err;
    if (err instanceof Error && "code" in err && err.code === "ENOSPC") {
      const message = "The image does not fit on this node's disk.";
      throw new ReplicaFailure({ code: "disk_full", message }, { retryable: true, cause: err });
    }
    const message = "The image cannot be unpacked: its archive is damaged.";
    throw new ReplicaFailure({ code: "image_unsafe", message }, { retryable: false, cause: err });
  }
};

/** Where an entry goes, relative to the target. */
const safePath = (name: string): string => {
  const path = posix.normalize(name).replace(/\/+$/, "");
  const inside = path === TOP || path.startsWith(`${TOP}/`);
  if (name.length > MAX_PATH_CHARS || name.includes("\0") || name.split("/").includes("..") || !inside) {
    throw unsafe(name.slice(0, 200), `is not below ${TOP}/`);
  }
  return path;
};

/** Inside the sandbox the folder is /app, so an absolute link to it stays inside as well. */
const safeLink = (path: string, to: string): string => {
  const resolved = to.startsWith("/") ? posix.normalize(to).slice(1) : posix.join(dirname(path), to);
  const inside = resolved === TOP || resolved.startsWith(`${TOP}/`);
  if (to === "" || to.length > MAX_PATH_CHARS || to.includes("\0") || !inside) {
    throw unsafe(path, "is a link that leaves its folder");
  }
  return to;
};

/** Without setuid, setgid and sticky; the owner can always read. */
const modeOf = (header: Header): number => ((header.mode ?? 0o644) & 0o777) | 0o400;

const writeEntry = async (
  entry: AsyncIterable<unknown>,
  place: string,
  mode: number,
  count: (size: number) => void,
): Promise<void> => {
  const file = await open(place, "wx", 0o600); // wx: an archive that names a file twice is refused
  try {
    for await (const chunk of entry) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("tar-stream yields bytes");
      count(chunk.byteLength);
      for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
    }
  } finally {
    await file.close();
  }
  await chmod(place, mode);
};

const unsafe = (path: string, why: string): ReplicaFailure =>
  new ReplicaFailure(
    { code: "image_unsafe", message: `The image was refused: ${JSON.stringify(path)} ${why}.` },
    { retryable: false },
  );

const tooLarge = (): ReplicaFailure =>
  new ReplicaFailure(
    { code: "image_too_large", message: "The image was refused: it is too large when unpacked." },
    { retryable: false },
  );
