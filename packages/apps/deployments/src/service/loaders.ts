import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { type DeploymentId, isId } from "@homeport/kit/ids.ts";
import type { Deployment } from "../deployment.ts";
import type { Project } from "../project.ts";
import type { Service } from "../service.ts";
import { findDeployment } from "../store/deployments.ts";
import { findProject } from "../store/projects.ts";
import { findService } from "../store/services.ts";

export type ProjectResource = Resource & { kind: "project"; project: Project };
export type ServiceResource = Resource & { kind: "service"; service: Service };
export type DeploymentResource = Resource & { kind: "deployment"; service: Service; deployment: Deployment };

/** Finds what a path names, in the caller's organisation only. */
export const loaders = (sql: Sql) => {
  const project = async (scope: Scope | null, input: Record<string, unknown>): Promise<ProjectResource | null> => {
    if (scope === null || typeof input.project !== "string") return null;
    const found = await findProject(sql, scope, input.project);
    return found === null ? null : { kind: "project", organisationId: found.organisationId, project: found };
  };
  const service = async (scope: Scope | null, input: Record<string, unknown>): Promise<ServiceResource | null> => {
    const parent = await project(scope, input);
    if (scope === null || parent === null || typeof input.service !== "string") return null;
    const found = await findService(sql, scope, parent.project.id, input.service);
    return found === null ? null : { kind: "service", organisationId: found.organisationId, service: found };
  };
  const deployment = async (
    scope: Scope | null,
    input: Record<string, unknown>,
  ): Promise<DeploymentResource | null> => {
    const parent = await service(scope, input);
    if (parent === null || typeof input.deployment !== "string" || !isId(input.deployment)) return null;
    const found = await findDeployment(sql, parent.service.workloadId, input.deployment as DeploymentId);
    return found === null ? null : { ...parent, kind: "deployment", deployment: found };
  };
  return { project, service, deployment } satisfies ResourceLoaders;
};

type Loaded = { resource: Resource };

/** The thing that the route was about; the routes' `resource` fields say which of these holds. */
export const projectOf = ({ resource }: Loaded): Project => (resource as ProjectResource).project;
export const serviceOf = ({ resource }: Loaded): Service => (resource as ServiceResource | DeploymentResource).service;
export const deploymentOf = ({ resource }: Loaded): Deployment => (resource as DeploymentResource).deployment;
