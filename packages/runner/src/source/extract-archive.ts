import { constants } from "node:fs";
import { link, mkdir, open, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { BuildFailure } from "../build-failure.ts";
import { describeBytes, MIB } from "../bytes.ts";
import { linkStaysInside, toArchivePath } from "./archive-path.ts";

export type ArchiveLimits = { maxBytes: number; maxEntries: number; maxRatio: number };

/** Below this size a ratio says nothing: an archive of empty files is nearly all air. */
const RATIO_FROM_BYTES = 16 * MIB;

/**
 * Unpacks a tar.gz into `root`, which has to exist and be empty. Nothing is written outside of it: names are checked,
 * folders are made by us and never reached through a link, and symbolic links are made last. Owners, times and special
 * permissions of the archive are ignored.
 *
 * @throws {BuildFailure} archive_invalid, archive_too_large; whatever was unpacked until then stays in `root`
 */
export const extractArchive = async (
  body: ReadableStream<Uint8Array>,
  root: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<{ entryCount: number; sizeBytes: number }> => {
  const gunzip = createGunzip();
  const meter = new Meter(limits, () => gunzip.bytesWritten);
  const tar = extract();
  const writer = new TreeWriter(root, limits);
  const compressed = Readable.from(body, { objectMode: false });
  const reading = pipeline(compressed, gunzip, meter, tar, { signal });
  const fail = (err: unknown) => tar.destroy(err instanceof Error ? err : new Error(String(err)));
  try {
    await Promise.all([
      reading,
      (async () => {
        for await (const entry of tar) await writer.add(entry.header, entry as AsyncIterable<Uint8Array>);
      })().catch((err: unknown) => {
        fail(err);
        throw err;
      }),
    ]);
    await writer.finish();
  } catch (err) {
    if (signal.aborted) throw signal.reason;
    if (err instanceof BuildFailure) throw err;
    throw new BuildFailure("archive_invalid", describeDamage(err), { cause: err });
  }
  if (writer.entryCount === 0) throw new BuildFailure("archive_invalid", "The archive is empty.");
  return { entryCount: writer.entryCount, sizeBytes: meter.bytes };
};

const describeDamage = (err: unknown): string => {
  const code = err instanceof Error && "code" in err ? String(err.code) : "";
  if (code === "ENOSPC") return "The archive could not be unpacked: the runner's disk is full.";
  if (code.startsWith("Z_") || code === "ERR_STREAM_PREMATURE_CLOSE")
    return "The archive is damaged, or is no .tar.gz file.";
  return "The archive is damaged: it ends too early, or is no tar archive.";
};

/** Counts what comes out of the decompressor, so that a small archive cannot fill the disk. */
class Meter extends Transform {
  bytes = 0;
  readonly #limits: ArchiveLimits;
  readonly #compressedBytes: () => number;

  constructor(limits: ArchiveLimits, compressedBytes: () => number) {
    super();
    this.#limits = limits;
    this.#compressedBytes = compressedBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    const { maxBytes, maxRatio } = this.#limits;
    if (this.bytes > maxBytes) {
      done(tooLarge(`The archive unpacks to more than ${describeBytes(maxBytes)}.`));
    } else if (this.bytes > RATIO_FROM_BYTES && this.bytes > this.#compressedBytes() * maxRatio) {
      done(tooLarge(`The archive unpacks to more than ${maxRatio} times its size.`));
    } else {
      done(null, chunk);
    }
  }
}

const tooLarge = (message: string): BuildFailure => new BuildFailure("archive_too_large", message);

/** Writes entries one after the other, and remembers what it made, so that it need not trust what is on the disk. */
class TreeWriter {
  entryCount = 0;
  readonly #root: string;
  readonly #limits: ArchiveLimits;
  readonly #folders = new Set([""]);
  readonly #files = new Set<string>();
  readonly #links = new Map<string, string>();

  constructor(root: string, limits: ArchiveLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  async add(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.entryCount++;
    const { maxEntries } = this.#limits;
    if (this.entryCount > maxEntries) throw tooLarge(`The archive has more than ${maxEntries} entries.`);
    const found = toArchivePath(header.name);
    if ("refused" in found) throw refused(header.name, found.refused);
    const { path } = found;
    if (header.type === "directory") return this.#makeFolder(path, header.name);
    if (path === "") throw refused(header.name, "is the archive itself");
    if (this.#folders.has(path)) throw refused(header.name, "is a folder and a file at once");
    await this.#makeFolder(path.includes("/") ? dirname(path) : "", header.name);
    switch (header.type) {
      case "file":
      case "contiguous-file":
        return this.#writeFile(path, content, ((header.mode ?? 0) & 0o111) !== 0);
      case "symlink":
        return this.#keepLink(path, header);
      case "link":
        return this.#linkFile(path, header);
      default:
        throw refused(header.name, `is a ${String(header.type)}, which sources do not contain`);
    }
  }

  /** Links come last: nothing is ever written through one. */
  async finish(): Promise<void> {
    for (const [path, target] of this.#links) await symlink(target, join(this.#root, path));
  }

  async #makeFolder(path: string, name: string): Promise<void> {
    if (this.#folders.has(path)) return;
    const parts = path.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      if (this.#folders.has(folder)) continue;
      if (this.#files.has(folder) || this.#links.has(folder))
        throw refused(name, `goes through ${folder}, which is no folder`);
      await mkdir(join(this.#root, folder), { mode: 0o755 });
      this.#folders.add(folder);
    }
  }

  async #writeFile(path: string, content: AsyncIterable<Uint8Array>, executable: boolean): Promise<void> {
    await this.#replace(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(join(this.#root, path), flags, executable ? 0o755 : 0o644);
    this.#files.add(path);
    try {
      for await (const chunk of content) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
  }

  #keepLink(path: string, { name, linkname }: Header): void {
    const target = linkname ?? "";
    if (!linkStaysInside(path, target)) throw refused(name, `is a link that leads out of the archive (${target})`);
    if (this.#files.has(path)) throw refused(name, "is in the archive twice, as a file and as a link");
    this.#links.set(path, target);
  }

  async #linkFile(path: string, { name, linkname }: Header): Promise<void> {
    const target = toArchivePath(linkname ?? "");
    if ("refused" in target || !this.#files.has(target.path)) {
      throw refused(name, "is a hard link to something that is not in the archive before it");
    }
    if (target.path === path) return;
    await this.#replace(path);
    await link(join(this.#root, target.path), join(this.#root, path));
    this.#files.add(path);
  }

  /** An archive may hold a file twice; the later one counts (tar(5), as `tar --append` makes them). */
  async #replace(path: string): Promise<void> {
    this.#links.delete(path);
    if (this.#files.delete(path)) await unlink(join(this.#root, path));
  }
}

const refused = (name: string, why: string): BuildFailure =>
  new BuildFailure("archive_invalid", `The archive is refused: "${printable(name)}" ${why}.`);

/** A name from an archive, fit to be shown. */
const printable = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  name.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 200);
