import { Reason } from "@homeport/ci/contract.ts";
import { SizeMiB, VolumeEntry, VolumePath } from "@homeport/clusters/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_NOTE } from "../volume-snapshot.ts";

/** What people do with the data of a volume in one environment. How volumes are declared is in `volumes.ts`. */

const Reference = z.string().min(1).max(60);
const inVolume = { project: Reference, service: Reference, environment: Reference.optional(), volume: Reference };
const PATH = "/projects/{project}/services/{service}/volumes/{volume}";

/** The volume's slug once more: what it names is gone afterwards, or replaced. */
const confirm = Reference.describe("the volume's slug");

const Usage = z.object({
  /** On disk. */
  bytes: z.number().int(),
  /** Files and folders. */
  files: z.number().int(),
  /** What it shall hold at most; null for no limit. */
  sizeMiB: z.number().int().nullable(),
  /** Whether the engine keeps it below that; else it is only measured. */
  enforced: z.boolean(),
  measuredAt: Instant,
  /** Why these figures are of an earlier time; null when the node was just asked. */
  stale: Reason.nullable(),
});

const Found = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("folder"),
    path: z.string(),
    entries: z.array(VolumeEntry),
    /** Of all entries, also of those that are left out. */
    total: z.number().int(),
  }),
  z.object({
    type: z.literal("file"),
    path: z.string(),
    bytes: z.number().int(),
    modifiedAt: Instant,
    /** The first 256 KiB of it, in base64. */
    content: z.string(),
    truncated: z.boolean(),
  }),
]);

const Step = z.enum(["stopping", "saving", "working", "undoing", "starting"]);

export const VolumeOperation = z.object({
  id: z.uuid(),
  kind: z.enum(["snapshot", "restore", "reset", "resize"]),
  /** `pending` until the platform has begun with it. */
  state: z.enum(["pending", "running", "succeeded", "failed"]),
  /** What is being done now; null before it began and once it is over. */
  step: Step.nullable(),
  /** Which steps it has when all goes well, in order; `undoing` comes in when a restore breaks off. */
  steps: z.array(Step),
  /** The snapshot that is made or restored. */
  snapshot: z.uuid().nullable(),
  /** Of a restore: the snapshot of what was there before, once there is one. */
  savedAs: z.uuid().nullable(),
  sizeMiB: z.number().int().nullable(),
  reason: Reason.nullable(),
  createdBy: z.string(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
});

const Snapshot = z.object({
  id: z.uuid(),
  /** `removing`: nobody can use it any more, its archive is being deleted. */
  state: z.enum(["taking", "ready", "removing"]),
  /** `before-restore`: taken by the platform, so that a restore can be undone. */
  origin: z.enum(["request", "before-restore"]),
  note: z.string().nullable(),
  /** Of the archive; null until it is ready. */
  bytes: z.number().int().nullable(),
  /** True when nothing had the volume mounted meanwhile; else files may be of different moments. */
  consistent: z.boolean().nullable(),
  createdBy: z.string(),
  createdAt: Instant,
});

export const volumeData = {
  usage: route({
    method: "GET",
    path: `${PATH}/usage`,
    action: "volume:inspect",
    resource: "volume",
    summary: "Measure a volume; waits up to 10 s for its node, else answers the last figures",
    input: z.object(inVolume),
    output: Usage,
  }),
  files: route({
    method: "GET",
    path: `${PATH}/files`,
    action: "volume:browse",
    resource: "volume",
    summary: "List a folder of a volume, or read the beginning of a file",
    input: z.object({ ...inVolume, path: VolumePath.default("/") }),
    output: Found,
  }),
  reset: route({
    method: "POST",
    path: `${PATH}/reset`,
    action: "volume:reset",
    resource: "volume",
    summary: "Empty a volume; its service is stopped meanwhile",
    input: z.strictObject({ ...inVolume, confirm }),
    output: VolumeOperation,
    status: 202,
  }),
  resize: route({
    method: "POST",
    path: `${PATH}/resize`,
    action: "volume:resize",
    resource: "volume",
    summary: "Change how much the data of a volume in this environment may take",
    input: z.strictObject({ ...inVolume, sizeMiB: SizeMiB }),
    output: VolumeOperation,
    status: 202,
  }),
};

export const volumeOperations = {
  list: route({
    method: "GET",
    path: `${PATH}/operations`,
    action: "volume:inspect",
    resource: "volume",
    summary: "List what was done with the data of a volume, newest first; the last 100 are kept",
    input: PageQuery.extend(inVolume),
    output: pageOf(VolumeOperation),
  }),
  get: route({
    method: "GET",
    path: `${PATH}/operations/{operation}`,
    action: "volume:inspect",
    resource: "volume",
    summary: "Show how an operation stands or ended",
    input: z.object({ ...inVolume, operation: z.uuid() }),
    output: VolumeOperation,
  }),
};

export const snapshots = {
  list: route({
    method: "GET",
    path: `${PATH}/snapshots`,
    action: "volume:inspect",
    resource: "volume",
    summary: "List the snapshots of a volume, newest first",
    input: PageQuery.extend(inVolume),
    output: pageOf(Snapshot),
  }),
  create: route({
    method: "POST",
    path: `${PATH}/snapshots`,
    action: "snapshot:create",
    resource: "volume",
    summary: "Take a snapshot of a volume while its service runs; at most 20 are kept",
    input: z.strictObject({ ...inVolume, note: z.string().trim().min(1).max(MAX_NOTE).optional() }),
    output: VolumeOperation,
    status: 202,
  }),
  remove: route({
    method: "DELETE",
    path: `${PATH}/snapshots/{snapshot}`,
    action: "snapshot:remove",
    resource: "volume",
    summary: "Remove a snapshot",
    input: z.object({ ...inVolume, snapshot: z.uuid() }),
    output: z.object({ removed: z.boolean().describe("false when that was asked for before") }),
  }),
  restore: route({
    method: "POST",
    path: `${PATH}/snapshots/{snapshot}/restore`,
    action: "snapshot:restore",
    resource: "volume",
    summary: "Put a snapshot in the place of what a volume holds; its service is stopped meanwhile",
    input: z.strictObject({ ...inVolume, snapshot: z.uuid(), confirm }),
    output: VolumeOperation,
    status: 202,
  }),
};
