import { z } from "zod";

/** One folder or file name after the other, none of them `.` or `..`; at least a folder and a file in it. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]{1,128}){2,16}$/;

/** What a kernel shows there is not for a workload to cover. */
const KERNEL = /^\/(proc|sys|dev)\//;

/** 32 KiB in base64. */
const MAX_CONTENT = 43_692;

/**
 * A small file that a replica finds at `path` from its start on. Its folder holds these files and nothing else: what
 * the image has there is not to be seen.
 */
export const WorkloadFile = z.strictObject({
  path: z
    .string()
    .max(512)
    .regex(PATH, "must be an absolute path of letters, digits, dots, dashes and underscores, in a folder")
    .refine((path) => !KERNEL.test(path), "must not be in /proc, /sys or /dev"),
  content: z.base64().max(MAX_CONTENT),
  /** Nobody writes to it, so there are no bits for that. */
  mode: z
    .number()
    .int()
    .refine((mode) => mode >= 0 && (mode & ~0o555) === 0, "must be bits for reading and executing")
    .default(0o444),
});

/** What a request of a megabyte can hold besides the variables. */
const MAX_TOTAL = 400_000;

export const WorkloadFiles = z
  .array(WorkloadFile)
  .max(1000)
  .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, "must not name a path twice")
  .refine(
    (files) => files.reduce((sum, { content }) => sum + content.length, 0) <= MAX_TOTAL,
    `must hold at most ${MAX_TOTAL} characters together`,
  );

export type WorkloadFile = z.infer<typeof WorkloadFile>;
