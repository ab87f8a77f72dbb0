import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Reason } from "./contract/build.ts";
import { Claim, Completion, Job, JobKey, JobKind, Label, LeaseToken, NewJob } from "./contract/job.ts";

export { BuildResult, BuildSpec, CommitId, Reason } from "./contract/build.ts";
export { BuildJob, Claim, Job, JobKind, ListRefsJob, NewJob, type RunningJob } from "./contract/job.ts";
export { ListRefsResult, ListRefsSpec } from "./contract/list-refs.ts";
export { BuildSecrets, GitCredential, ListRefsSecrets, SecretName } from "./contract/secrets.ts";

/** How long a runner holds a job without a heartbeat. */
export const LEASE_SECONDS = 30;
/** Longest a claim waits for a job; shorter than what proxies in between allow. */
const MAX_CLAIM_WAIT_SECONDS = 25;
/** Longest a heartbeat waits for a cancel; it renews the lease before it waits. */
const MAX_BEAT_WAIT_SECONDS = 20;

export const Upload = z.object({ id: z.uuid(), sizeBytes: z.number().int(), sha256: z.string() });
export type Upload = z.infer<typeof Upload>;

export const contract = {
  jobs: {
    create: route({
      method: "POST",
      path: "/jobs",
      action: "job:create",
      resource: "platform",
      summary: "Queue a job; the same key gives the same job, whatever it was first asked for with",
      input: NewJob,
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
      input: z.strictObject({ key: JobKey, organisationId: z.uuid() }),
      output: Job.nullable(),
    }),
  },
  runner: {
    begin: route({
      method: "POST",
      path: "/runner/begin",
      action: "job:claim",
      resource: "platform",
      summary: "Give back what this runner held before it was started anew, without waiting for its leases to end",
      input: z.strictObject({}),
      output: z.object({ givenBack: z.number().int() }),
    }),
    claim: route({
      method: "POST",
      path: "/runner/claim",
      action: "job:claim",
      resource: "platform",
      summary: "Take the next job, waiting for one if need be",
      input: z.strictObject({
        labels: z.array(Label).max(50).default([]),
        kinds: z.array(JobKind).min(1).max(10).default(["build"]).describe("Which kinds of jobs it does"),
        waitSeconds: z.number().int().min(0).max(MAX_CLAIM_WAIT_SECONDS).default(0),
      }),
      output: Claim.nullable(),
      secret: true,
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
      input: Completion,
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
