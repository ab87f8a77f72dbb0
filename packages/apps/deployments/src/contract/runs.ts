import { Reason } from "@homeport/ci/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_RELEASE_NUMBER } from "../release.ts";

const Reference = z.string().min(1).max(60);
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const plain = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes("\0"), "must not contain NUL");

/** A program and its arguments, as they are: no shell reads them. */
const Argv = z.array(plain(32_768)).min(1).max(256);

const Run = z.object({
  id: z.uuid(),
  /** `command`: somebody asked for it; `cron`: the command of a cron service, on schedule or by hand. */
  kind: z.enum(["command", "cron"]),
  /** `skipped`: its time came while the one before was not over, and the service forbids two. */
  state: z.enum(["pending", "running", "succeeded", "failed", "cancelled", "skipped"]),
  environment: z.string(),
  /** Values of the release's variables are left out of it. */
  command: z.array(z.string()),
  release: z.number().int(),
  timeoutSeconds: z.number().int(),
  /** Of a cron service: the time that it was for; null when it was started by hand. */
  scheduledFor: Instant.nullable(),
  exitCode: z.number().int().nullable(),
  reason: Reason.nullable(),
  /** Id of its log at the logging app. */
  log: z.string(),
  cancelRequested: z.boolean(),
  createdBy: z.string(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
});

const inRun = { ...inService, run: z.uuid() };

export const runs = {
  create: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/runs",
    action: "run:create",
    resource: "service",
    summary: "Run a command once in the live release, with its variables and files",
    input: z
      .strictObject({
        ...inService,
        /** One line, given to the image's shell when it needs one. */
        command: plain(8_192).trim().min(1).optional(),
        argv: Argv.optional(),
        timeoutSeconds: z.number().int().min(1).max(86_400).default(900),
        /** Another release than the live one. */
        release: z.number().int().min(1).max(MAX_RELEASE_NUMBER).optional(),
      })
      .refine(({ command, argv }) => (command === undefined) !== (argv === undefined), {
        message: "give either command or argv",
        path: ["command"],
      }),
    output: Run,
    status: 202,
  }),
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/runs",
    action: "run:read",
    resource: "service",
    summary: "List one-off commands and cron runs, newest first; the last 100 of each kind are kept",
    input: PageQuery.extend({ ...inService, kind: z.enum(["command", "cron"]).optional() }),
    output: pageOf(Run),
  }),
  get: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/runs/{run}",
    action: "run:read",
    resource: "service",
    summary: "Show how a run stands or ended",
    input: z.object(inRun),
    output: Run,
  }),
  cancel: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/runs/{run}/cancel",
    action: "run:cancel",
    resource: "service",
    summary: "Stop a run; nothing happens to one that is over",
    input: z.strictObject(inRun),
    output: Run,
  }),
};

export const cron = {
  get: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/cron",
    action: "run:read",
    resource: "service",
    summary: "Show when a cron service runs next",
    input: z.object(inService),
    output: z.object({
      schedule: z.string().nullable(),
      timeZone: z.string(),
      concurrency: z.enum(["forbid", "replace", "allow"]),
      paused: z.boolean(),
      nextTimes: z.array(Instant).describe("The next five; none while it is paused, has no schedule, or is not live"),
      latest: Run.nullable(),
    }),
  }),
  run: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/cron/run",
    action: "run:create",
    resource: "service",
    summary: "Run a cron service now, whatever its schedule",
    input: z.strictObject(inService),
    output: Run,
    status: 202,
  }),
};
