import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { type DeploymentId, isId } from "@homeport/kit/ids.ts";
import type { Deployment } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import type { Project } from "../project.ts";
import type { SecretGroup } from "../secret-group.ts";
import type { Service } from "../service.ts";
import { findDeployment } from "../store/deployments.ts";
import { findEnvironment } from "../store/environments.ts";
import { findProject } from "../store/projects.ts";
import { isUsedInProtected } from "../store/secret-attachments.ts";
import { findSecretGroup } from "../store/secret-groups.ts";
import { findService } from "../store/services.ts";
import { environmentResource } from "./environments.ts";

export type ProjectResource = Resource & { kind: "project"; project: Project };
export type EnvironmentResource = Resource & { environment: Environment };
export type ServiceResource = Resource & { kind: "service"; service: Service };
export type SecretGroupResource = Resource & { kind: "secret-group"; project: Project; group: SecretGroup };
export type DeploymentResource = Resource & { kind: "deployment"; service: Service; deployment: Deployment };

/** Finds what a path names, in the caller's organisation only. */
export const loaders = (sql: Sql) => {
  const project = async (scope: Scope | null, input: Record<string, unknown>): Promise<ProjectResource | null> => {
    if (scope === null || typeof input.project !== "string") return null;
    const found = await findProject(sql, scope, input.project);
    if (found === null) return null;
    return { kind: "project", organisationId: found.organisationId, projectId: found.id, project: found };
  };
  const environment = async (
    scope: Scope | null,
    input: Record<string, unknown>,
  ): Promise<EnvironmentResource | null> => {
    const parent = await project(scope, input);
    if (parent === null || typeof input.environment !== "string") return null;
    const found = await findEnvironment(sql, parent.project, input.environment);
    return found === null ? null : { ...environmentResource(found), environment: found };
  };
  const service = async (scope: Scope | null, input: Record<string, unknown>): Promise<ServiceResource | null> => {
    const parent = await project(scope, input);
    if (scope === null || parent === null || typeof input.service !== "string") return null;
    const environment = typeof input.environment === "string" ? input.environment : undefined;
    const found = await findService(sql, scope, parent.project.id, input.service, environment);
    return found === null ? null : serviceResource(found);
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
  const secretGroup = async (
    scope: Scope | null,
    input: Record<string, unknown>,
  ): Promise<SecretGroupResource | null> => {
    const parent = await project(scope, input);
    if (parent === null || typeof input.group !== "string") return null;
    const found = await findSecretGroup(sql, parent.project, input.group);
    if (found === null) return null;
    return { ...(await secretGroupPlace(sql, found)), project: parent.project, group: found };
  };
  return { project, environment, service, deployment, "secret-group": secretGroup } satisfies ResourceLoaders;
};

export const serviceResource = (service: Service): ServiceResource => {
  const { organisationId, projectId, environmentId, isProtected } = service;
  return { kind: "service", organisationId, projectId, environmentId, isProtected, service };
};

/** It belongs to no environment, and is protected when one of its services is. */
export const secretGroupPlace = async (sql: Sql, group: SecretGroup): Promise<Resource & { kind: "secret-group" }> => {
  const { organisationId, projectId } = group;
  return { kind: "secret-group", organisationId, projectId, isProtected: await isUsedInProtected(sql, group) };
};

type Loaded = { resource: Resource };

/** The thing that the route was about; the routes' `resource` fields say which of these holds. */
export const projectOf = ({ resource }: Loaded): Project => (resource as ProjectResource | SecretGroupResource).project;
export const secretGroupOf = ({ resource }: Loaded): SecretGroup => (resource as SecretGroupResource).group;
export const environmentOf = ({ resource }: Loaded): Environment => (resource as EnvironmentResource).environment;
export const serviceOf = ({ resource }: Loaded): Service => (resource as ServiceResource | DeploymentResource).service;
export const deploymentOf = ({ resource }: Loaded): Deployment => (resource as DeploymentResource).deployment;
