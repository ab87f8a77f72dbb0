export const KiB = 1024;
export const MiB = 1024 * KiB;

/** How much log is kept. */
export type Limits = {
  /** Text of one build log; what comes after is counted and dropped. */
  buildBytes: number;
  /** Of one runtime log, as it lies on disk; beyond it the oldest chunks go. */
  runtimeBytes: number;
  runtimeAgeMs: number;
  buildAgeMs: number;
};

/** One request of a writer. */
export const MAX_APPEND_BYTES = MiB;
export const MAX_APPEND_LINES = 10_000;
/** One line; the rest of a longer one is cut off. */
export const MAX_LINE_BYTES = 64 * KiB;
