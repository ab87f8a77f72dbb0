import { CommitId, Reason } from "@homeport/ci/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { canvas } from "./contract/canvas.ts";
import { changes } from "./contract/changes.ts";
import { environments } from "./contract/environments.ts";
import { gitCredentials, repositories } from "./contract/git-credentials.ts";
import { groups } from "./contract/groups.ts";
import { hooks } from "./contract/hooks.ts";
import { cron, runs } from "./contract/runs.ts";
import { revealVariables, secretAttachments, secretGroups } from "./contract/secret-groups.ts";
import { scopedVariables, variables } from "./contract/variables.ts";
import { MAX_RELEASE_NUMBER } from "./release.ts";
import { Settings, SettingsPatch, WorkloadSettings } from "./settings.ts";
import { NewSlug } from "./slug.ts";
import { GitRef, Source } from "./source.ts";

/** The slug or the id of a project or service. */
const Reference = z.string().min(1).max(60);
const inProject = { project: Reference };
/** Which of the service's workloads is meant: the one in this environment, production unless named. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const Project = z.object({ id: z.uuid(), slug: z.string(), createdAt: Instant });

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

const Service = z.object({
  id: z.uuid(),
  workloadId: z.uuid(),
  slug: z.string(),
  project: z.string(),
  environment: z.string(),
  groupId: z.uuid().nullable(),
  url: z.string(),
  source: Source,
  settings: Settings,
  /** What is different in this environment. */
  overrides: WorkloadSettings,
  createdAt: Instant,
  /** The newest deployment; null before the first. */
  latest: Deployment.nullable(),
});

const Release = z.object({
  number: z.number().int(),
  digest: z.string().nullable(),
  image: z.string(),
  state: z.enum(["pending", "live", "superseded", "failed"]),
  commit: z.string().nullable(),
  commitMessage: z.string().nullable(),
  preset: z.string().nullable(),
  secretGroups: z.array(z.object({ group: z.string(), version: z.number().int() })),
  /** Where it answers while it is live. */
  urls: z.array(z.string()),
  branch: z.string().nullable(),
  /** Kept by hand: no retention takes it away. */
  kept: z.boolean(),
  /** Whether it can be made live again. */
  available: z.boolean(),
  createdBy: z.string().nullable(),
  createdAt: Instant,
});

const Removed = z.object({ removed: z.boolean() });

export const contract = {
  projects: {
    list: route({
      method: "GET",
      path: "/projects",
      action: "project:read",
      resource: "projects",
      summary: "List projects",
      input: PageQuery,
      output: pageOf(Project.extend({ serviceCount: z.number().int() })),
    }),
    create: route({
      method: "POST",
      path: "/projects",
      action: "project:create",
      resource: "organisation",
      summary: "Create a project",
      input: z.strictObject({ slug: NewSlug }),
      output: Project,
      status: 201,
    }),
    get: route({
      method: "GET",
      path: "/projects/{project}",
      action: "project:read",
      resource: "project",
      summary: "Show a project",
      input: z.object(inProject),
      output: Project,
    }),
    update: route({
      method: "PATCH",
      path: "/projects/{project}",
      action: "project:update",
      resource: "project",
      summary: "Rename a project; the addresses of its services stay",
      input: z.strictObject({ ...inProject, slug: NewSlug }),
      output: Project,
    }),
    remove: route({
      method: "DELETE",
      path: "/projects/{project}",
      action: "project:remove",
      resource: "project",
      summary: "Remove an empty project",
      input: z.object(inProject),
      output: Removed,
    }),
  },
  environments,
  canvas,
  groups,
  changes,
  services: {
    list: route({
      method: "GET",
      path: "/projects/{project}/services",
      action: "service:read",
      resource: "project",
      summary: "List the services of a project",
      input: PageQuery.extend({ ...inProject, environment: Reference.optional() }),
      output: pageOf(Service),
    }),
    create: route({
      method: "POST",
      path: "/projects/{project}/services",
      action: "service:create",
      resource: "project",
      summary: "Create a service from a git repository, an image, or uploads",
      input: z.strictObject({
        ...inProject,
        slug: NewSlug,
        source: Source,
        settings: Settings.prefault({}),
        group: Reference.nullable().optional(),
      }),
      output: Service,
      status: 201,
    }),
    get: route({
      method: "GET",
      path: "/projects/{project}/services/{service}",
      action: "service:read",
      resource: "service",
      summary: "Show a service with its newest deployment",
      input: z.object(inService),
      output: Service,
    }),
    update: route({
      method: "PATCH",
      path: "/projects/{project}/services/{service}",
      action: "service:update",
      resource: "service",
      summary: "Change what is named of a service; the next deployment uses it",
      input: z.strictObject({
        ...inService,
        slug: NewSlug.optional(),
        source: Source.optional(),
        /** Merged (RFC 7396): what is not named stays, null is the default again. */
        settings: SettingsPatch.optional(),
        /** The same for what is different in this environment. */
        overrides: WorkloadSettings.optional(),
        group: Reference.nullable().optional(),
      }),
      output: Service,
    }),
    remove: route({
      method: "DELETE",
      path: "/projects/{project}/services/{service}",
      action: "service:remove",
      resource: "service",
      summary: "Stop a service and remove it with its releases",
      input: z.object(inService),
      output: Removed,
    }),
  },
  variables: { ...variables, reveal: revealVariables },
  scopedVariables,
  secretGroups,
  secretAttachments,
  deployments: {
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
  },
  runs,
  cron,
  hooks,
  gitCredentials,
  repositories,
  releases: {
    list: route({
      method: "GET",
      path: "/projects/{project}/services/{service}/releases",
      action: "release:read",
      resource: "service",
      summary: "List releases, newest first",
      input: PageQuery.extend(inService),
      output: pageOf(Release),
    }),
    rollback: route({
      method: "POST",
      path: "/projects/{project}/services/{service}/rollback",
      action: "release:rollback",
      resource: "service",
      summary: "Make an earlier release live again",
      input: z.strictObject({ ...inService, to: z.number().int().min(1).max(MAX_RELEASE_NUMBER).optional() }),
      output: Deployment,
      status: 202,
    }),
    promote: route({
      method: "POST",
      path: "/projects/{project}/services/{service}/promote",
      action: "release:promote",
      resource: "service",
      summary: "Bring what is live in another environment into this one, without building it again",
      input: z.strictObject({
        ...inService,
        from: Reference,
        release: z.number().int().min(1).max(MAX_RELEASE_NUMBER).optional(),
      }),
      output: Deployment,
      status: 202,
    }),
    keep: route({
      method: "PUT",
      path: "/projects/{project}/services/{service}/releases/{release}/kept",
      action: "release:keep",
      resource: "service",
      summary: "Keep a release whatever the retention says, or no longer",
      input: z.strictObject({
        ...inService,
        release: z.coerce.number().int().min(1).max(MAX_RELEASE_NUMBER),
        kept: z.boolean(),
      }),
      output: Release,
    }),
  },
};
