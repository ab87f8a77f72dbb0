import { Instant } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Reason } from "./release.ts";

/**
 * What an agent does once and answers: work on volumes, and on the node's disk. A task is carried out at most once for its
 * id, however often it is told, and its answer is repeated until the task is told no more.
 */

const Bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Count = Bytes;
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in hex");
export const SizeMiB = z.number().int().min(1).max(16_777_216);

/** Entries of a folder that one answer holds. */
export const MAX_VOLUME_ENTRIES = 1000;
/** Bytes of a file that one answer holds. */
export const MAX_VOLUME_FILE_BYTES = 256 * 1024;
/** Tasks of one node at a time. */
export const MAX_TASKS = 64;

/** Below the volume's own root, which is `/`; one name after the other, none of them `.` or `..`. */
export const VolumePath = z
  .string()
  .max(4096)
  .regex(
    /^\/([^/\0]{1,255}(\/[^/\0]{1,255}){0,63})?$/,
    "must be an absolute path inside the volume, without a slash at its end",
  )
  .refine((path) => !path.split("/").some((name) => name === "." || name === ".."), "must not contain . or ..");

/** What is to be done, without who asks and when. */
export const TaskSpec = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("volume.usage"), volumeId: z.uuid() }),
  /** A folder's entries, or a file's first bytes. Links are shown and never followed. */
  z.strictObject({ kind: z.literal("volume.browse"), volumeId: z.uuid(), path: VolumePath.default("/") }),
  /** Empties it; refused while a replica has it mounted. */
  z.strictObject({ kind: z.literal("volume.reset"), volumeId: z.uuid() }),
  z.strictObject({ kind: z.literal("volume.remove"), volumeId: z.uuid() }),
  z.strictObject({ kind: z.literal("volume.resize"), volumeId: z.uuid(), sizeMiB: SizeMiB }),
  z.strictObject({ kind: z.literal("volume.snapshot"), volumeId: z.uuid(), snapshotId: z.uuid() }),
  /** Replaces what the volume holds; the volume is made when it is not there. Refused while a replica has it mounted. */
  z.strictObject({
    kind: z.literal("volume.restore"),
    volumeId: z.uuid(),
    snapshotId: z.uuid(),
    /** As the snapshot's answer said; another one is refused before anything is touched. */
    sha256: Sha256,
  }),
  z.strictObject({ kind: z.literal("snapshot.remove"), snapshotId: z.uuid() }),
  z.strictObject({ kind: z.literal("node.usage") }),
  z.strictObject({ kind: z.literal("node.cleanup") }),
]);

export const Task = z.object({
  id: z.uuid(),
  /**
   * The fencing epoch: the generation of the workload that whoever asks knew. A task that changes a volume is refused
   * when the node has seen a higher one for that volume. 0 is not compared.
   */
  epoch: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  /** How long one try may take on the node. */
  timeoutSeconds: z.number().int().min(1).max(86_400).default(600),
  spec: TaskSpec,
});

export const VolumeEntry = z.object({
  /** As the file system has it; bytes that are no UTF-8 are shown as U+FFFD. */
  name: z.string().max(1024),
  type: z.enum(["file", "folder", "link", "other"]),
  /** Of a file. */
  bytes: Bytes.optional(),
  modifiedAt: Instant.optional(),
});

const Counted = z.object({ count: Count, bytes: Bytes });

export const NodeDisk = z.object({
  /** `data`: where the platform keeps its own; `engine`: where the container engine does. Often one disk. */
  use: z.enum(["data", "engine"]),
  path: z.string().max(1024),
  totalBytes: Bytes,
  freeBytes: Bytes,
  /** What is kept free; below it nothing is pulled. */
  reserveBytes: Bytes,
});

/** Disk of a node by what takes it. Ours is what this node's agent made or pulled; it never removes anything else. */
export const NodeUsage = z.object({
  disks: z.array(NodeDisk).max(4),
  images: z.object({ ours: Counted, pinned: Counted.describe("of ours: in use, or wanted"), foreign: Counted }),
  containers: z.object({ ours: Counted, foreign: Counted }),
  volumes: z.object({ ours: Counted, foreign: Counted }),
  /** Of the container engine; never ours to remove. Null where there is none. */
  buildCache: Counted.nullable(),
  snapshots: Counted,
});

export const Cleanup = z.object({
  freedBytes: Bytes,
  removedImages: Count,
  /** Whether a disk was below its reserve, so that more was removed. */
  underPressure: z.boolean(),
  /** What was done, for people. */
  message: z.string().max(2000),
  disks: z.array(NodeDisk).max(4),
});

export const TaskResult = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("volume.usage"),
    /** On disk. */
    bytes: Bytes,
    files: Count,
    /** What it was asked to hold at most; null for no limit. */
    sizeMiB: SizeMiB.nullable(),
    /** Whether the engine keeps it below that; else it is only measured. */
    enforced: z.boolean(),
  }),
  z.object({
    kind: z.literal("volume.browse"),
    path: z.string().max(4096),
    found: z.discriminatedUnion("type", [
      z.object({
        type: z.literal("folder"),
        entries: z.array(VolumeEntry).max(MAX_VOLUME_ENTRIES),
        /** Of all entries, also those that are left out. */
        total: Count,
      }),
      z.object({
        type: z.literal("file"),
        bytes: Bytes,
        modifiedAt: Instant,
        /** The first MAX_VOLUME_FILE_BYTES of it, in base64. */
        content: z.base64().max(4 * Math.ceil(MAX_VOLUME_FILE_BYTES / 3)),
        truncated: z.boolean(),
      }),
    ]),
  }),
  z.object({ kind: z.literal("volume.reset") }),
  z.object({ kind: z.literal("volume.remove"), existed: z.boolean() }),
  z.object({ kind: z.literal("volume.resize"), sizeMiB: SizeMiB, enforced: z.boolean() }),
  z.object({
    kind: z.literal("volume.snapshot"),
    snapshotId: z.uuid(),
    /** Of the archive. */
    bytes: Bytes,
    sha256: Sha256,
    /** True when no replica had the volume mounted meanwhile; else files may be of different moments. */
    consistent: z.boolean(),
  }),
  z.object({ kind: z.literal("volume.restore") }),
  z.object({ kind: z.literal("snapshot.remove"), existed: z.boolean() }),
  z.object({ kind: z.literal("node.usage"), usage: NodeUsage }),
  z.object({ kind: z.literal("node.cleanup"), cleanup: Cleanup }),
]);

export const TaskReport = z.discriminatedUnion("state", [
  z.object({ id: z.uuid(), state: z.literal("running") }),
  z.object({ id: z.uuid(), state: z.literal("succeeded"), result: TaskResult }),
  /**
   * Codes: `volume_in_use`, `volume_not_found`, `volume_too_full`, `snapshot_not_found`, `snapshot_damaged`, `path_not_found`,
   * `path_not_readable`, `not_supported`, `stale_epoch`, `disk_full`, `timed_out`, `interrupted`, `task_failed`.
   */
  z.object({ id: z.uuid(), state: z.literal("failed"), reason: Reason }),
]);

/** What a service asks of a node. Idempotent by `taskId`: asked again it answers how the first one stands. */
export const CreateTask = z.strictObject({
  taskId: z.uuid(),
  nodeId: z.uuid(),
  epoch: Task.shape.epoch,
  /** Given up after that, also when the node is away. */
  deadlineSeconds: z.number().int().min(1).max(86_400).default(600),
  spec: TaskSpec,
});

/** What a person asks of a node; with the same `taskId` again, they go on waiting for its answer. */
export const AskNode = z.strictObject({ nodeId: z.uuid(), taskId: z.uuid().optional() });

export const TaskView = z.object({
  taskId: z.uuid(),
  nodeId: z.uuid(),
  kind: z.string(),
  /** `pending` until the node has said that it is at it. */
  state: z.enum(["pending", "running", "succeeded", "failed"]),
  result: TaskResult.nullable(),
  /** Besides the node's codes: `node_unreachable`, `task_deadline`. */
  reason: Reason.nullable(),
  createdAt: Instant,
  finishedAt: Instant.nullable(),
});

export type TaskSpec = z.infer<typeof TaskSpec>;
export type Task = z.infer<typeof Task>;
export type TaskResult = z.infer<typeof TaskResult>;
export type TaskReport = z.infer<typeof TaskReport>;
export type CreateTask = z.infer<typeof CreateTask>;
export type AskNode = z.infer<typeof AskNode>;
export type TaskView = z.infer<typeof TaskView>;
export type NodeUsage = z.infer<typeof NodeUsage>;
export type NodeDisk = z.infer<typeof NodeDisk>;
export type Cleanup = z.infer<typeof Cleanup>;
export type VolumeEntry = z.infer<typeof VolumeEntry>;
