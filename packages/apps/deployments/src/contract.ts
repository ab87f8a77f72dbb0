import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { bindings } from "./contract/bindings.ts";
import { canvas } from "./contract/canvas.ts";
import { changes } from "./contract/changes.ts";
import { Deployment, deployments } from "./contract/deployments.ts";
import { environments } from "./contract/environments.ts";
import { gitCredentials, repositories } from "./contract/git-credentials.ts";
import { groups } from "./contract/groups.ts";
import { hooks } from "./contract/hooks.ts";
import { projects } from "./contract/projects.ts";
import { releases } from "./contract/releases.ts";
import { cron, runs } from "./contract/runs.ts";
import { revealVariables, secretAttachments, secretGroups } from "./contract/secret-groups.ts";
import { templates } from "./contract/templates.ts";
import { scopedVariables, variables } from "./contract/variables.ts";
import { snapshots, volumeData, volumeOperations } from "./contract/volume-data.ts";
import { keptVolumes, volumes } from "./contract/volumes.ts";
import { Settings, SettingsPatch, WorkloadSettings } from "./settings.ts";
import { NewSlug } from "./slug.ts";
import { Source } from "./source.ts";
import { TemplateName } from "./template-name.ts";

/** The slug or the id of a project or service. */
const Reference = z.string().min(1).max(60);
const inProject = { project: Reference };
/** Which of the service's workloads is meant: the one in this environment, production unless named. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const Service = z.object({
  id: z.uuid(),
  workloadId: z.uuid(),
  slug: z.string(),
  project: z.string(),
  environment: z.string(),
  groupId: z.uuid().nullable(),
  /** What kind of database it is; null for what was not added from a template. */
  template: TemplateName.nullable(),
  url: z.string(),
  source: Source,
  settings: Settings,
  /** What is different in this environment. */
  overrides: WorkloadSettings,
  createdAt: Instant,
  /** The newest deployment; null before the first. */
  latest: Deployment.nullable(),
});

const Removed = z.object({ removed: z.boolean() });

export const contract = {
  projects,
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
      /** Others that are bound to it are in the way, unless `force`. */
      input: z.object({ ...inService, force: z.boolean().default(false) }),
      output: Removed,
    }),
  },
  templates,
  bindings,
  variables: { ...variables, reveal: revealVariables },
  scopedVariables,
  secretGroups,
  secretAttachments,
  volumes,
  keptVolumes,
  deployments,
  runs,
  cron,
  volumeData,
  volumeOperations,
  snapshots,
  hooks,
  gitCredentials,
  repositories,
  releases,
};
