import { CommitId, Reason } from "@homeport/ci/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { GitRef } from "../source.ts";

/** The slug or the id of a project, service or environment. */
const Reference = z.string().min(1).max(60);
/** Which of the service's workloads is meant: the one in this environment, production unless named. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const DeploymentState = z.enum([
  "queued",
  "building",
  "releasing",
  "pre_deploying",
  "rolling_out",
  "post_deploying",
  "live",
  "failed",
  "cancelled",
  "superseded",
]);

export const Deployment = z.object({
  id: z.uuid(),
  state: DeploymentState,
  environment: z.string(),
  cause: z.enum(["build", "image", "configuration", "promotion", "release"]),
  /** The release it made or went back to; null until there is one. */
  release: z.number().int().nullable(),
  digest: z.string().nullable(),
  /** Where the service answers. */
  url: z.string(),
  commit: z.string().nullable(),
  commitMessage: z.string().nullable(),
  /** Ids of its logs at the logging app. */
  buildLog: z.string().nullable(),
  runtimeLog: z.string(),
  reason: Reason.nullable(),
  /** Log of the one-off command that it waits for, or waited for when it ended. */
  runLog: z.string().nullable(),
  /** Requests while traffic changed over, as gateways counted them, and those that failed; null until they have. */
  requests: z.number().int().nullable(),
  failedRequests: z.number().int().nullable(),
  cancelRequested: z.boolean(),
  createdBy: z.string(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
});

export const deployments = {
  create: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/deployments",
    action: "deployment:create",
    resource: "service",
    summary: "Deploy: build the source, or restart the live image with today's variables",
    input: z.strictObject({
      ...inService,
      what: z.enum(["source", "configuration"]).default("source"),
      uploadId: z.uuid().optional(),
      /** Of a service that is made from git: another branch or tag than its own, this once. */
      ref: GitRef.optional(),
      /** Exactly this commit, wherever the branch is. */
      commit: CommitId.optional(),
    }),
    output: Deployment,
    status: 202,
  }),
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/deployments",
    action: "deployment:read",
    resource: "service",
    summary: "List deployments, newest first",
    input: PageQuery.extend(inService),
    output: pageOf(Deployment),
  }),
  get: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/deployments/{deployment}",
    action: "deployment:read",
    resource: "deployment",
    summary: "Show a deployment",
    input: z.object({ ...inService, deployment: z.uuid() }),
    output: Deployment,
  }),
  cancel: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/deployments/{deployment}/cancel",
    action: "deployment:cancel",
    resource: "deployment",
    summary: "Stop a deployment; what is live stays live",
    input: z.strictObject({ ...inService, deployment: z.uuid() }),
    output: Deployment,
  }),
  redeploy: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/deployments/{deployment}/redeploy",
    action: "deployment:create",
    resource: "deployment",
    summary:
      "Build what a deployment was made from once more: the same commit, upload or image, with today's configuration",
    input: z.strictObject({ ...inService, deployment: z.uuid() }),
    output: Deployment,
    status: 202,
  }),
};
