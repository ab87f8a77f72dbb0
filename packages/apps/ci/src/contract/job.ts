import { Instant } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { BuildResult, BuildSpec, Reason } from "./build.ts";
import { ListRefsResult, ListRefsSpec } from "./list-refs.ts";
import { BuildSecrets, ListRefsSecrets } from "./secrets.ts";

/** What a job is about. Its spec, its result and its secrets have the shape of their kind. */
export const JobKind = z.enum(["build", "list_refs"]);
export type JobKind = z.infer<typeof JobKind>;

export const Label = z.string().regex(/^[a-z0-9][a-z0-9._:/-]{0,62}$/, "use lower-case letters, digits and . _ : / -");
export const JobKey = z
  .string()
  .min(1)
  .max(200)
  .describe("The caller's name for the job, one of a kind in the organisation");

const base = {
  id: z.uuid(),
  key: z.string(),
  organisationId: z.uuid(),
  attempt: z.number().int().describe("How many runners have had it, the current one included"),
  maxAttempts: z.number().int(),
  createdAt: Instant,
};

const queued = { state: z.literal("queued") };
const running = {
  state: z.literal("running"),
  runnerId: z.string(),
  startedAt: Instant,
  cancelRequested: z.boolean(),
};
const failed = { state: z.literal("failed"), reason: Reason, finishedAt: Instant };
const cancelled = { state: z.literal("cancelled"), finishedAt: Instant };
const succeeded = { state: z.literal("succeeded"), finishedAt: Instant };

const build = {
  ...base,
  kind: z.literal("build"),
  spec: BuildSpec,
  logStream: z.string().describe("Id of the log stream at the logging app"),
};
const listRefs = { ...base, kind: z.literal("list_refs"), spec: ListRefsSpec };

const RunningBuild = z.object({ ...build, ...running });
const RunningListRefs = z.object({ ...listRefs, ...running });

export const BuildJob = z.discriminatedUnion("state", [
  z.object({ ...build, ...queued }),
  RunningBuild,
  z.object({ ...build, ...succeeded, result: BuildResult }),
  z.object({ ...build, ...failed }),
  z.object({ ...build, ...cancelled }),
]);

/** It has no log: what there is to say is in its result or its reason. */
export const ListRefsJob = z.discriminatedUnion("state", [
  z.object({ ...listRefs, ...queued }),
  RunningListRefs,
  z.object({ ...listRefs, ...succeeded, result: ListRefsResult }),
  z.object({ ...listRefs, ...failed }),
  z.object({ ...listRefs, ...cancelled }),
]);

export const Job = z.discriminatedUnion("kind", [BuildJob, ListRefsJob]);

export type BuildJob = z.infer<typeof BuildJob>;
export type ListRefsJob = z.infer<typeof ListRefsJob>;
export type Job = z.infer<typeof Job>;
export type RunningJob = z.infer<typeof RunningBuild> | z.infer<typeof RunningListRefs>;

const asked = {
  key: JobKey,
  organisationId: z.uuid(),
  labels: z.array(Label).max(20).default([]).describe("Only runners that have all of them are offered the job"),
  priority: z.number().int().min(-100).max(100).default(0),
};

/** What a caller asks for. `secrets` are kept sealed until the job is over, and no answer but a claim has them. */
export const NewJob = z.discriminatedUnion("kind", [
  z.strictObject({
    ...asked,
    kind: z.literal("build"),
    spec: BuildSpec,
    secrets: BuildSecrets.optional(),
    timeoutSeconds: z.number().int().min(1).max(21_600).default(1_800),
  }),
  z.strictObject({
    ...asked,
    kind: z.literal("list_refs"),
    spec: ListRefsSpec,
    secrets: ListRefsSecrets.optional(),
    timeoutSeconds: z.number().int().min(1).max(600).default(60),
  }),
]);

export const LeaseToken = z.uuid();

const lease = {
  leaseToken: LeaseToken.describe("Proves that the job is still yours; every later call names it"),
  leaseSeconds: z.number().int(),
};

/** A job, handed to a runner together with its secrets. */
export const Claim = z.discriminatedUnion("kind", [
  z.object({
    ...lease,
    kind: z.literal("build"),
    job: RunningBuild,
    secrets: BuildSecrets,
    jobToken: z.string().describe("Identity of the job: pushes its image, writes its log, reads its upload"),
  }),
  z.object({ ...lease, kind: z.literal("list_refs"), job: RunningListRefs, secrets: ListRefsSecrets }),
]);
export type Claim = z.infer<typeof Claim>;

const report = { jobId: z.uuid(), leaseToken: LeaseToken };

/** What came of a job, in the shape of its kind. */
export const Completion = z.discriminatedUnion("kind", [
  z.strictObject({ ...report, kind: z.literal("build"), result: BuildResult }),
  z.strictObject({ ...report, kind: z.literal("list_refs"), result: ListRefsResult }),
]);
