import { z } from "zod";

/**
 * What the control plane wants of a node and what the node says it sees. Nothing but zod is imported here, because both
 * sides of the wire share this file. Every text and list has a maximum: a control plane gone wrong cannot flood a node.
 */

/** A name other services of the project may use: one DNS label (RFC 1123 section 2.1). */
const DnsLabel = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a DNS label");
const Slug = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a slug");
const Port = z.number().int().min(1).max(65535);
/** NUL would end the text early in the environment and in argument lists. */
const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes("\0"), "must not contain NUL");

/** OCI distribution spec 1.1, "name"; it has no room for `..`. */
const REPOSITORY = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

/** An image of our own registry is always named by its digest; `reference` is any image of another registry. */
export const ImageRef = z.union([
  z.object({
    repository: z.string().max(255).regex(REPOSITORY, "must be a repository name"),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be a sha256 digest"),
  }),
  z.object({
    reference: z
      .string()
      .max(512)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/, "must be an image reference"),
  }),
]);

const probing = {
  /** Start deadline: a replica that is not ready by then has failed. */
  timeoutSeconds: z.number().min(1).max(3600).default(60),
  /** Time between two probes of a ready replica. */
  intervalSeconds: z.number().min(1).max(300).default(10),
};

export const Health = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("http"),
    path: z
      .string()
      .max(1024)
      .regex(/^\/[!-~]*$/, "must be a path"),
    ...probing,
  }),
  z.object({ kind: z.literal("tcp"), ...probing }),
  z.object({ kind: z.literal("none") }),
]);

export const Resources = z.object({
  memoryMiB: z.number().int().min(8).max(4_194_304).optional(),
  cpus: z.number().min(0.01).max(512).optional(),
});

export const DesiredReplica = z.object({
  id: z.uuid(),
  workloadId: z.uuid(),
  organisationId: z.uuid(),
  projectId: z.uuid(),
  projectSlug: Slug,
  serviceSlug: Slug,
  releaseId: z.uuid(),
  releaseNumber: z.number().int().min(0),
  image: ImageRef,
  /** Linux refuses a single argument or variable above 128 KiB (MAX_ARG_STRLEN, execve(2)). */
  env: z.record(
    z
      .string()
      .max(256)
      .regex(/^[^=\0]+$/, "must be a variable name"),
    plainText(120_000),
  ),
  port: Port,
  command: z.array(plainText(32_768)).min(1).max(256).optional(),
  health: Health,
  resources: Resources,
  graceSeconds: z.number().min(0).max(3600),
  /** A candidate is started once ("never"); a serving replica is started again whenever it ends ("always"). */
  restart: z.enum(["never", "always"]),
  desired: z.enum(["running", "stopped"]),
  /** Names under which other services of the project reach this one; none means the service's slug. */
  aliases: z.array(DnsLabel).max(16),
});

export const DesiredState = z.object({
  nodeId: z.uuid(),
  /** Grows with every change; a node never acts on a lower one than it has seen. */
  generation: z.number().int().min(0),
  /** Says that `replicas` is everything this node shall run; without it nothing may be removed. */
  complete: z.literal(true),
  replicas: z.array(DesiredReplica).max(4096),
});

export const MAX_LAST_LINES = 50;

/** Why something did not work, in words for people; `code` is for programs. */
export const Reason = z.object({
  code: z.string().max(60),
  message: z.string().max(2000),
  exitCode: z.number().int().optional(),
  signal: z.string().max(20).optional(),
  lastLines: z.array(z.string().max(2000)).max(MAX_LAST_LINES).optional(),
});

export const ReplicaState = z.enum([
  "pulling",
  "starting",
  "running",
  "ready",
  "unhealthy",
  "exited",
  "failed",
  "stopped",
]);

export const Address = z.object({ host: z.string().max(255), port: Port });

export const ObservedReplica = z.object({
  id: z.uuid(),
  state: ReplicaState,
  address: Address.optional(),
  readySince: z.iso.datetime().optional(),
  restarts: z.number().int().min(0),
  reason: Reason.optional(),
  startedAt: z.iso.datetime().optional(),
});

/** Everything a node sees, answering to one generation of desired state. */
export const ObservedState = z.object({
  nodeId: z.uuid(),
  generation: z.number().int().min(0),
  engine: z.enum(["docker", "process"]),
  replicas: z.array(ObservedReplica).max(8192),
});

export type ImageRef = z.infer<typeof ImageRef>;
export type Health = z.infer<typeof Health>;
export type Resources = z.infer<typeof Resources>;
export type DesiredReplica = z.infer<typeof DesiredReplica>;
export type DesiredState = z.infer<typeof DesiredState>;
export type Reason = z.infer<typeof Reason>;
export type ReplicaState = z.infer<typeof ReplicaState>;
export type Address = z.infer<typeof Address>;
export type ObservedReplica = z.infer<typeof ObservedReplica>;
export type ObservedState = z.infer<typeof ObservedState>;
