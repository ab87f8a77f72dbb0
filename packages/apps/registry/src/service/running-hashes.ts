import type { Hash } from "node:crypto";
import { newHash } from "../digest.ts";

/** Uploads whose hash is kept between two requests; more cost one more reading of their file, nothing else. */
const MAX_ENTRIES = 500;

type Entry = { writer: string; size: number; hash: Hash };

/**
 * SHA-256 states of uploads that are between two requests, so that a blob need not be read again when it is finished.
 * An entry counts only if the same writer was the last one and the file has the size it left; after a restart there is none.
 */
export type RunningHashes = {
  /** The state of an upload's first `size` bytes, taken out; null when it is not known. */
  take(uploadId: string, lastWriter: string | null, size: number): Hash | null;
  keep(uploadId: string, entry: Entry): void;
  forget(uploadId: string): void;
};

export const createRunningHashes = (): RunningHashes => {
  const entries = new Map<string, Entry>();
  return {
    take(uploadId, lastWriter, size) {
      if (size === 0) return newHash("sha256");
      const entry = entries.get(uploadId);
      entries.delete(uploadId);
      return entry !== undefined && entry.writer === lastWriter && entry.size === size ? entry.hash : null;
    },
    keep(uploadId, entry) {
      const oldest = entries.size >= MAX_ENTRIES ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(uploadId, entry);
    },
    forget(uploadId) {
      entries.delete(uploadId);
    },
  };
};
