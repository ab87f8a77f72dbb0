import type { BuildJob } from "./job.ts";

/** Uploaded archives on a disk. Names are ids that we made. All of it may run concurrently. */
export type ArchiveFiles = {
  /**
   * Streams a body into the archive `id`. Once it returns, the archive is whole and survives a power cut; when it
   * throws, nothing is left.
   *
   * @throws {DomainError} too_large; invalid, when it is no gzip archive or the client went away; unavailable, when the disk is full
   */
  receive(
    id: string,
    body: AsyncIterable<Uint8Array>,
    maxBytes: number,
  ): Promise<{ sizeBytes: number; sha256: string }>;
  /** The bytes of an archive, read only once the answer is sent. Null when its file is gone. */
  read(id: string): Promise<Blob | null>;
  /** Safe to repeat. */
  remove(id: string): Promise<void>;
  /** Ids of whole and unfinished archives whose file is older than `age`. */
  listOlderThan(ageMs: number): Promise<string[]>;
};

/** Log streams of builds at the logging app. Both are safe to repeat. @throws {DomainError} unavailable, to be tried again */
export type BuildLogs = {
  create(job: BuildJob): Promise<void>;
  end(job: BuildJob): Promise<void>;
};
