import { mkdirSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { isId } from "@homeport/kit/ids.ts";
import { type Algorithm, algorithmOf, type Digest, finishHash, hexOf, newHash } from "../digest.ts";
import type { AppendOptions, BlobFiles } from "../ports.ts";

/** Blobs as `<dir>/blobs/sha256/ab/<hex>`, uploads as `<dir>/uploads/<id>`. */
export const blobFilesIn = (dir: string): BlobFiles => {
  const uploadsDir = join(dir, "uploads");
  mkdirSync(uploadsDir, { recursive: true, mode: 0o700 });
  const uploadPath = (id: string) => {
    invariant(isId(id), "upload ids are made here and checked where they come in");
    return join(uploadsDir, id.toLowerCase());
  };
  const blobPath = (digest: Digest) => {
    const hex = hexOf(digest);
    return join(dir, "blobs", algorithmOf(digest), hex.slice(0, 2), hex);
  };
  return {
    uploadSize: async (id) => (await stat(uploadPath(id)).catch(nullWhenGone))?.size ?? 0,
    append: (id, body, options) => appendTo(uploadPath(id), body, options).catch(translate),
    hashUpload: (id, algorithm) => hashFile(uploadPath(id), algorithm),
    async commit(id, digest) {
      const path = blobPath(digest);
      const size = await syncFile(uploadPath(id), isEmpty(digest)).catch(translate);
      await makeFolder(dir, dirname(path));
      const existing = await stat(path).catch(nullWhenGone);
      // Others may use a blob that is there: only one that was cut is replaced, and its readers keep the old file.
      if (existing?.size === size) await rm(uploadPath(id));
      else await rename(uploadPath(id), path);
      await syncFolder(dirname(path));
    },
    discard: (id) => rm(uploadPath(id), { force: true }),
    async listUploadsOlderThan(ageMs) {
      const old: string[] = [];
      for (const name of await readdir(uploadsDir)) {
        const info = isId(name) ? await stat(join(uploadsDir, name)).catch(nullWhenGone) : null;
        if (info !== null && info.mtimeMs < Date.now() - ageMs) old.push(name);
      }
      return old;
    },
    async read(digest) {
      const file = Bun.file(blobPath(digest));
      return (await file.exists()) ? file : null;
    },
  };
};

const appendTo = async (path: string, body: AsyncIterable<Uint8Array>, options: AppendOptions): Promise<number> => {
  const { offset, maxBytes, beforeWrite, onBytes } = options;
  const file = await openForWriting(path);
  try {
    let size = offset;
    for await (const chunk of body) {
      if (size + chunk.byteLength > maxBytes)
        throw new DomainError("too_large", "The upload is larger than it may be.");
      await beforeWrite();
      await writeAll(file, chunk, size);
      onBytes(chunk);
      size += chunk.byteLength;
    }
    return size;
  } finally {
    await file.close();
  }
};

/** Creates the file unless it exists, and unlike "a" lets every write name its place. */
const openForWriting = async (path: string): Promise<FileHandle> => {
  const existing = await open(path, "r+").catch(nullWhenGone);
  return existing ?? open(path, "wx", 0o600);
};

const writeAll = async (file: FileHandle, chunk: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
};

/** The one blob that nothing was ever written to. */
const isEmpty = (digest: Digest): boolean => finishHash(algorithmOf(digest), newHash(algorithmOf(digest))) === digest;

const hashFile = async (path: string, algorithm: Algorithm): Promise<Digest> => {
  const hash = newHash(algorithm);
  const file = Bun.file(path);
  if (await file.exists()) for await (const chunk of file.stream()) hash.update(chunk);
  return finishHash(algorithm, hash);
};

/** @returns the size. */
const syncFile = async (path: string, mayCreate: boolean): Promise<number> => {
  const file = await open(path, mayCreate ? "a" : "r+", 0o600);
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
};

/** Makes the folders from `root` down to `path`; each is on the disk once its parent is (fsync(2)). */
const makeFolder = async (root: string, path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length > root.length; made = dirname(made)) await syncFolder(dirname(made));
};

const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const codeOf = (err: unknown): unknown => (err instanceof Error && "code" in err ? err.code : null);

const nullWhenGone = (err: unknown): null => {
  if (codeOf(err) === "ENOENT") return null;
  throw err;
};

const translate = (err: unknown): never => {
  const isFull = codeOf(err) === "ENOSPC" || codeOf(err) === "EDQUOT";
  if (isFull) throw new DomainError("unavailable", "The disk of the registry is full.", { cause: err });
  if (err instanceof Error && err.name === "AbortError") {
    throw new DomainError("invalid", "The upload was cut off.", { cause: err });
  }
  throw err;
};
