import type { Algorithm, Digest } from "./digest.ts";

/** Blobs and unfinished uploads on a disk. Names are checked digests and ids of ours. Any of it may run concurrently. */
export type BlobFiles = {
  /** Bytes received so far; 0 before the first. */
  uploadSize(uploadId: string): Promise<number>;
  /**
   * Appends a body to an upload of `offset` bytes. `beforeWrite` is awaited before each write and stops it by throwing;
   * `onBytes` sees what was written, in order. What had arrived before a failure stays. At most one call per upload at a time.
   *
   * @returns the new size
   * @throws {DomainError} too_large; unavailable, when the disk is full
   */
  append(uploadId: string, body: AsyncIterable<Uint8Array>, options: AppendOptions): Promise<number>;
  hashUpload(uploadId: string, algorithm: Algorithm): Promise<Digest>;
  /**
   * Makes an upload the blob `digest`, or discards it when that is there. Once it returns, the blob survives a power cut.
   * Its bytes were compared before. Fails when the upload has no file, unless the blob is empty.
   */
  commit(uploadId: string, digest: Digest): Promise<void>;
  /** Safe to repeat. */
  discard(uploadId: string): Promise<void>;
  /** Ids of unfinished uploads whose file was not written for `ageMs`. */
  listUploadsOlderThan(ageMs: number): Promise<string[]>;
  /** The bytes of a blob, read only once they are sent. Null when the file is gone. */
  read(digest: Digest): Promise<Blob | null>;
};

export type AppendOptions = {
  offset: number;
  maxBytes: number;
  beforeWrite: () => Promise<void>;
  onBytes: (chunk: Uint8Array) => void;
};
