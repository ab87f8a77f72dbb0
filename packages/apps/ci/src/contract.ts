import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { BuildResult, BuildSpec, Reason } from "./contract/build.ts";

export { BuildResult, BuildSpec, Reason } from "./contract/build.ts";

/** How long a runner holds a job without a heartbeat. */
export const LEASE_SECONDS = 30;
/** Longest a claim waits for a job; shorter than what proxies in between allow. */
const MAX_CLAIM_WAIT_SECONDS = 25;
/** Longest a heartbeat waits for a cancel; it renews the lease before it waits. */
const MAX_BEAT_WAIT_SECONDS = 20;

const Label = z.string().regex(/^[a-z0-9][a-z0-9._:/-]{0,62}$/, "use lower-case letters, digits and . _ : / -");
const LeaseToken = z.uuid();
const Key = z.string().min(1).max(200).describe("The caller's name for the job, one of a kind in the organisation");

const base = {
  id: z.uuid(),
  key: z.string(),
  kind: z.literal("build"),
  organisationId: z.uuid(),
  spec: BuildSpec,
  attempt: z.number().int().describe("How many runners have had it, the current one included"),
  maxAttempts: z.number().int(),
  logStream: z.string().describe("Id of the log stream at the logging app"),
  createdAt: Instant,
};

const QueuedJob = z.object({ ...base, state: z.literal("queued") });
const RunningJob = z.object({
  ...base,
  state: z.literal("running"),
  runnerId: z.string(),
  startedAt: Instant,
  cancelRequested: z.boolean(),
});
const SucceededJob = z.object({ ...base, state: z.literal("succeeded"), result: BuildResult, finishedAt: Instant });
const FailedJob = z.object({ ...base, state: z.literal("failed"), reason: Reason, finishedAt: Instant });
const CancelledJob = z.object({ ...base, state: z.literal("cancelled"), finishedAt: Instant });

export const Job = z.discriminatedUnion("state", [QueuedJob, RunningJob, SucceededJob, FailedJob, CancelledJob]);
export type Job = z.infer<typeof Job>;
export type RunningJob = z.infer<typeof RunningJob>;

export const Upload = z.object({ id: z.uuid(), sizeBytes: z.number().int(), sha256: z.string() });
export type Upload = z.infer<typeof Upload>;

const Claim = z.object({
  job: RunningJob,
  leaseToken: LeaseToken.describe("Proves that the job is still yours; every later call names it"),
  leaseSeconds: z.number().int(),
  jobToken: z.string().describe("Identity of the job: pushes its image, writes its log, reads its upload"),
});

export const contract = {
  jobs: {
    create: route({
      method: "POST",
      path: "/jobs",
      action: "job:create",
      resource: "platform",
      summary: "Queue a build; the same key gives the same job, whatever it was first asked for with",
      input: z.strictObject({
        key: Key,
        organisationId: z.uuid(),
        spec: BuildSpec,
        labels: z.array(Label).max(20).default([]).describe("Only runners that have all of them are offered the job"),
        priority: z.number().int().min(-100).max(100).default(0),
        timeoutSeconds: z.number().int().min(1).max(21_600).default(1_800),
      }),
      output: Job,
      status: 201,
    }),
    get: route({
      method: "GET",
      path: "/jobs/{id}",
      action: "job:read",
      resource: "job",
      summary: "Show a job",
      input: z.object({ id: z.uuid() }),
      output: Job,
    }),
    cancel: route({
      method: "POST",
      path: "/jobs/cancel",
      action: "job:cancel",
      resource: "platform",
      summary: "Cancel the job of a key, if there is one; a finished one stays as it is",
      input: z.strictObject({ key: Key, organisationId: z.uuid() }),
      output: Job.nullable(),
    }),
  },
  runner: {
    claim: route({
      method: "POST",
      path: "/runner/claim",
      action: "job:claim",
      resource: "platform",
      summary: "Take the next job, waiting for one if need be",
      input: z.strictObject({
        labels: z.array(Label).max(50).default([]),
        waitSeconds: z.number().int().min(0).max(MAX_CLAIM_WAIT_SECONDS).default(0),
      }),
      output: Claim.nullable(),
    }),
    heartbeat: route({
      method: "POST",
      path: "/runner/heartbeat",
      action: "job:report",
      resource: "platform",
      summary: "Keep a job; with waitSeconds, hear at once when it is cancelled",
      input: z.strictObject({
        jobId: z.uuid(),
        leaseToken: LeaseToken,
        waitSeconds: z.number().int().min(0).max(MAX_BEAT_WAIT_SECONDS).default(0),
      }),
      output: z.object({ cancel: z.boolean(), leaseSeconds: z.number().int() }),
    }),
    complete: route({
      method: "POST",
      path: "/runner/complete",
      action: "job:report",
      resource: "platform",
      summary: "Report that a job is done",
      input: z.strictObject({ jobId: z.uuid(), leaseToken: LeaseToken, result: BuildResult }),
      output: z.object({ state: z.enum(["succeeded", "cancelled"]) }),
    }),
    fail: route({
      method: "POST",
      path: "/runner/fail",
      action: "job:report",
      resource: "platform",
      summary: "Report that a job failed, or that another runner should try",
      input: z.strictObject({
        jobId: z.uuid(),
        leaseToken: LeaseToken,
        reason: Reason,
        retry: z.boolean().default(false),
      }),
      output: z.object({ state: z.enum(["failed", "queued", "cancelled"]) }),
    }),
  },
};
