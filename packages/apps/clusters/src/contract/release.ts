import { z } from "zod";
import { WorkloadFiles } from "./file.ts";
import { WorkloadVolumes } from "./volume.ts";

/**
 * What a replica needs to run, as a deployment asks for it and as an agent gets it: both sides of each wire parse with
 * these. Every text and list has a maximum, so that a control plane gone wrong cannot flood a node.
 */

/** NUL would end a text early in the environment and in argument lists. */
const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes("\0"), "must not contain NUL");

export const HostName = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, "must be a lower-case host name");

/** An image of our own registry is always named by its digest; `reference` is any image of another registry. */
export const ImageRef = z.union([
  z.object({
    /** OCI distribution spec 1.1, "name". */
    repository: z
      .string()
      .max(255)
      .regex(
        /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/,
        "must be the name of a repository",
      ),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be a sha256 digest"),
  }),
  z.object({
    reference: z
      .string()
      .max(512)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/, "must be an image reference"),
  }),
]);

export const Port = z.number().int().min(1).max(65535);

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

/** Linux refuses one variable above 128 KiB (MAX_ARG_STRLEN, execve(2)). */
const Env = z
  .record(
    z
      .string()
      .max(256)
      .regex(/^[^=\0]+$/, "must be the name of a variable"),
    plainText(120_000),
  )
  .refine((env) => Object.keys(env).length <= 1000, "must have at most 1000 variables");

/** How the traffic gets from the old release to this one. */
export const Strategy = z.discriminatedUnion("kind", [
  /** All new replicas ready and stable, then one switch of the routes, then the old ones drain. */
  z.strictObject({ kind: z.literal("rolling") }),
  /** The old ones drained, stopped and gone before a new one starts: at most one release runs at any time. */
  z.strictObject({ kind: z.literal("recreate") }),
  /** A growing part of new requests goes to the new release, and all of it back when that one errs. */
  z.strictObject({
    kind: z.literal("canary"),
    steps: z
      .array(
        z.strictObject({
          /** Percent of new requests for the new release. */
          weight: z.number().int().min(1).max(99),
          /** For how long, from when all gateways send them there. */
          seconds: z.number().min(1).max(86_400),
        }),
      )
      .min(1)
      .max(10),
    /** It is given up above this error rate, when the old release's is lower too. */
    maxErrorPercent: z.number().min(0).max(100).default(5),
    /** So many requests it must have had in the step before its error rate counts. */
    minRequests: z.number().int().min(1).max(100_000).default(20),
  }),
]);

/** Whether a replica that serves is started again when it ends: in any case, when it failed, or not at all. */
export const RestartPolicy = z.enum(["always", "on-failure", "never"]);

export const MAX_REPLICAS = 50;

/** Everything that a replica needs to run; immutable. `CheckedRelease` also holds what its fields must be together. */
export const WorkloadRelease = z.strictObject({
  /** No replicas of a `cron` stand: its rollout records the release, and runs use it. */
  kind: z.enum(["service", "cron"]).default("service"),
  replicas: z.number().int().min(0).max(MAX_REPLICAS).default(1),
  strategy: Strategy.default({ kind: "rolling" }),
  restart: RestartPolicy.default("always"),
  volumes: WorkloadVolumes.default([]),
  releaseId: z.uuid(),
  number: z.number().int().min(1),
  image: ImageRef,
  env: Env,
  files: WorkloadFiles.default([]),
  port: Port,
  command: z.array(plainText(32_768)).min(1).max(256).optional(),
  health: Health,
  resources: Resources,
  hosts: z.array(HostName).max(64),
  /** Services with one network reach each other by name, and no others; the project's own when absent. */
  networkId: z.uuid().optional(),
  /** How long a replica has to stay ready before it gets traffic; fractions count. */
  stabilitySeconds: z.number().min(0).max(600),
  /** How long an old replica keeps serving what it had begun, and again how long it has after SIGTERM. */
  graceSeconds: z.number().min(0).max(3600),
});

/** Two replicas that write to one volume would destroy it, so there is one at most, and never two releases at once. */
export const CheckedRelease = WorkloadRelease.refine(
  ({ volumes, strategy }) => volumes.length === 0 || strategy.kind === "recreate",
  { path: ["strategy"], message: "must be recreate for a release with volumes" },
).refine(({ volumes, replicas }) => volumes.length === 0 || replicas <= 1, {
  path: ["replicas"],
  message: "must be at most 1 for a release with volumes",
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

export type ImageRef = z.infer<typeof ImageRef>;
export type Health = z.infer<typeof Health>;
export type Resources = z.infer<typeof Resources>;
export type Strategy = z.infer<typeof Strategy>;
export type RestartPolicy = z.infer<typeof RestartPolicy>;
export type WorkloadRelease = z.infer<typeof WorkloadRelease>;
export type Reason = z.infer<typeof Reason>;
