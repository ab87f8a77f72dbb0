import { Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";

/** One folder name after the other, none of them `.` or `..`; never the root. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]{1,128}){1,16}$/;

/** What a kernel shows there is not for a volume to cover. */
const KERNEL = /^\/(proc|sys|dev)(\/|$)/;

/** A folder whose content outlives the replicas that have it at `path`. It lies on one node. */
export const WorkloadVolume = z.strictObject({
  volumeId: z.uuid(),
  /** For people. */
  name: Slug,
  path: z
    .string()
    .max(512)
    .regex(PATH, "must be an absolute path of letters, digits, dots, dashes and underscores")
    .refine((path) => !KERNEL.test(path), "must not be in /proc, /sys or /dev"),
  /** A limit where the engine can hold it, else what is measured against. */
  sizeMiB: z.number().int().min(1).max(16_777_216).optional(),
});

const isInside = (inner: string, outer: string): boolean => `${inner}/`.startsWith(`${outer}/`);

export const WorkloadVolumes = z
  .array(WorkloadVolume)
  .max(16)
  .refine((volumes) => new Set(volumes.map(({ volumeId }) => volumeId)).size === volumes.length, {
    message: "must not name a volume twice",
  })
  .refine((volumes) => !volumes.some((a) => volumes.some((b) => a !== b && isInside(a.path, b.path))), {
    message: "must not lie in each other",
  });

export type WorkloadVolume = z.infer<typeof WorkloadVolume>;
