import { Reason } from "@homeport/ci/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { environments } from "./contract/environments.ts";
import { revealVariables, secretAttachments, secretGroups } from "./contract/secret-groups.ts";
import { MAX_RELEASE_NUMBER } from "./release.ts";
import { Settings } from "./settings.ts";
import { NewSlug } from "./slug.ts";
import { Source } from "./source.ts";
import { MAX_VARIABLES, VariableName, VariableValue } from "./variable.ts";

/** The slug or the id of a project or service. */
const Reference = z.string().min(1).max(60);
const inProject = { project: Reference };
const inService = { project: Reference, service: Reference };

const Project = z.object({ id: z.uuid(), slug: z.string(), createdAt: Instant });

const DeploymentState = z.enum([
  "queued",
  "building",
  "releasing",
  "rolling_out",
  "live",
  "failed",
  "cancelled",
  "superseded",
]);

export const Deployment = z.object({
  id: z.uuid(),
  state: DeploymentState,
  cause: z.enum(["build", "image", "configuration", "release"]),
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
  url: z.string(),
  source: Source,
  settings: Settings,
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
  services: {
    list: route({
      method: "GET",
      path: "/projects/{project}/services",
      action: "service:read",
      resource: "project",
      summary: "List the services of a project",
      input: PageQuery.extend(inProject),
      output: pageOf(Service),
    }),
    create: route({
      method: "POST",
      path: "/projects/{project}/services",
      action: "service:create",
      resource: "project",
      summary: "Create a service from a git repository, an image, or uploads",
      input: z.strictObject({ ...inProject, slug: NewSlug, source: Source, settings: Settings.prefault({}) }),
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
      summary: "Change a service's source or settings; the next deployment uses them",
      input: z.strictObject({ ...inService, source: Source.optional(), settings: Settings.optional() }),
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
  variables: {
    list: route({
      method: "GET",
      path: "/projects/{project}/services/{service}/variables",
      action: "variable:read",
      resource: "service",
      summary: "List the names of a service's variables; values are write-only",
      input: z.object(inService),
      output: z.object({ items: z.array(z.object({ name: z.string(), updatedAt: Instant })) }),
    }),
    set: route({
      method: "PUT",
      path: "/projects/{project}/services/{service}/variables",
      action: "variable:write",
      resource: "service",
      summary: "Set variables; the others stay",
      input: z.strictObject({
        ...inService,
        values: z
          .record(VariableName, VariableValue)
          .refine((values) => Object.keys(values).length <= MAX_VARIABLES, `at most ${MAX_VARIABLES} at once`),
      }),
      output: z.object({ set: z.array(z.string()) }),
    }),
    unset: route({
      method: "POST",
      path: "/projects/{project}/services/{service}/variables/unset",
      action: "variable:write",
      resource: "service",
      summary: "Remove variables",
      input: z.strictObject({ ...inService, names: z.array(z.string().max(200)).min(1).max(MAX_VARIABLES) }),
      output: z.object({ unset: z.array(z.string()) }),
    }),
    reveal: revealVariables,
  },
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
  },
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
  },
};
