import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { ArchiveFiles } from "../ports.ts";

/** First bytes of a gzip member with deflate, the only method there is (RFC 1952 section 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b, 0x08];

/** Archives as files `<dir>/<id>`; unfinished ones below `<dir>/incoming`. */
export const archiveFilesIn = (dir: string): ArchiveFiles => {
  const incomingDir = join(dir, "incoming");
  mkdirSync(incomingDir, { recursive: true, mode: 0o700 });
  const pathOf = (id: string) => join(dir, checkedId(id));
  const incomingPathOf = (id: string) => join(incomingDir, checkedId(id));
  return {
    async receive(id, body, maxBytes) {
      const incoming = incomingPathOf(id);
      try {
        const received = await writeArchive(incoming, body, maxBytes);
        await rename(incoming, pathOf(id));
        await syncFolder(dir);
        return received;
      } catch (err) {
        await rm(incoming, { force: true });
        throw translate(err);
      }
    },
    async read(id) {
      const file = Bun.file(pathOf(id));
      return (await file.exists()) ? file : null;
    },
    async remove(id) {
      await rm(pathOf(id), { force: true });
      await rm(incomingPathOf(id), { force: true });
    },
    async listOlderThan(ageMs) {
      const before = Date.now() - ageMs;
      const [whole, incoming] = await Promise.all([listOld(dir, before), listOld(incomingDir, before)]);
      return [...new Set([...whole, ...incoming])];
    },
  };
};

const checkedId = (id: string): string => {
  if (isId(id)) return id.toLowerCase();
  throw new DomainError("not_found", "There is no such upload.");
};

const writeArchive = async (path: string, body: AsyncIterable<Uint8Array>, maxBytes: number) => {
  const file = await open(path, "wx", 0o600);
  try {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    for await (const chunk of body) {
      refuseOtherThanGzip(chunk, sizeBytes);
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    if (sizeBytes < GZIP_MAGIC.length) throw notGzip();
    await file.sync();
    return { sizeBytes, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
};

/** Looks at the first three bytes, wherever chunks begin. */
const refuseOtherThanGzip = (chunk: Uint8Array, offset: number): void => {
  for (let at = offset; at < GZIP_MAGIC.length && at - offset < chunk.byteLength; at++) {
    if (chunk[at - offset] !== GZIP_MAGIC[at]) throw notGzip();
  }
};

const writeAll = async (file: FileHandle, chunk: Uint8Array): Promise<void> => {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
};

/** A rename survives a power cut only once its folder is on the disk too (fsync(2)). */
const syncFolder = async (dir: string): Promise<void> => {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const listOld = async (dir: string, before: number): Promise<string[]> => {
  const old: string[] = [];
  for (const name of await readdir(dir)) {
    if (!isId(name)) continue;
    const info = await stat(join(dir, name)).catch(() => null); // it may be gone by now
    if (info !== null && info.mtimeMs < before) old.push(name);
  }
  return old;
};

const tooLarge = (maxBytes: number) =>
  new DomainError(
    "too_large",
    `An upload may have at most ${Math.floor(maxBytes / 1024 / 1024)} MiB. Leave out what the build does not need.`,
  );

const notGzip = () => new DomainError("invalid", "The upload is not a gzip archive (.tar.gz).");

const translate = (err: unknown): unknown => {
  const code = err instanceof Error && "code" in err ? err.code : "";
  if (code === "ENOSPC" || code === "EDQUOT")
    return new DomainError("unavailable", "The disk is full.", { cause: err });
  if (err instanceof Error && err.name === "AbortError") {
    return new DomainError("invalid", "The upload was cut off before its end.", { cause: err });
  }
  return err;
};
