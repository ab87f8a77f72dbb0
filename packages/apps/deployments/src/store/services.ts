import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { type EnvironmentId, isId, newId, type ProjectId, type ServiceId, type WorkloadId } from "@homeport/kit/ids.ts";
import { PRODUCTION } from "../environment.ts";
import type { Project } from "../project.ts";
import type { NewService, Service } from "../service.ts";
import type { Settings } from "../settings.ts";
import type { Source } from "../source.ts";

const columns = (sql: Db) => sql`
  s.id, s.organisation_id as "organisationId", p.organisation_slug as "organisationSlug", s.project_id as "projectId",
  p.slug as "projectSlug", s.slug, s.group_id as "groupId", s.source, s.settings, s.template, s.version,
  s.created_at as "createdAt", w.id as "workloadId", w.environment_id as "environmentId",
  e.slug as "environmentSlug", e.is_protected as "isProtected", w.overrides, w.version as "workloadVersion",
  w.host_label as "hostLabel", w.current_release_id as "currentReleaseId"`;

const joined = (sql: Db) => sql`
  deployments.services s
  join deployments.projects p on p.id = s.project_id
  join deployments.workloads w on w.service_id = s.id
  join deployments.environments e on e.id = w.environment_id`;

/** Makes a service; its workloads are another's. @throws {DomainError} conflict */
export const insertService = async (tx: Db, project: Project, service: NewService): Promise<ServiceId> => {
  const id = newId<ServiceId>();
  await tx`
    insert into deployments.services (id, organisation_id, project_id, slug, group_id, source, settings)
    values (${id}, ${project.organisationId}, ${project.id}, ${service.slug}, ${service.groupId ?? null},
      ${jsonb(tx, service.source)}, ${jsonb(tx, service.settings)})`.catch(
    dbError({ services_slug_key: `There is already a service named "${service.slug}" in this project.` }),
  );
  return id;
};

/** By id or slug, within a project, in an environment named by id or slug. */
export const findService = async (
  sql: Db,
  scope: Scope,
  projectId: ProjectId,
  reference: string,
  environment: string = PRODUCTION,
): Promise<Service | null> => {
  const [service] = await sql<Service[]>`
    select ${columns(sql)}
    from ${joined(sql)}
    where s.organisation_id = ${scope.organisationId} and s.project_id = ${projectId}
      and ${isId(reference) ? sql`s.id = ${reference}` : sql`s.slug = ${reference}`}
      and ${isId(environment) ? sql`e.id = ${environment}` : sql`e.slug = ${environment}`}`;
  return service ?? null;
};

export const getServiceOfWorkload = async (sql: Db, workloadId: WorkloadId): Promise<Service | null> => {
  const [service] = await sql<Service[]>`select ${columns(sql)} from ${joined(sql)} where w.id = ${workloadId}`;
  return service ?? null;
};

/** Services of a project in one environment by name, after `after`. */
export const listServices = (
  sql: Db,
  scope: Scope,
  projectId: ProjectId,
  environmentId: EnvironmentId,
  after: string,
  limit: number,
): Promise<Service[]> => sql<Service[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where s.organisation_id = ${scope.organisationId} and s.project_id = ${projectId} and s.slug > ${after}
    and w.environment_id = ${environmentId}
  order by s.slug
  limit ${limit}`;

/** All services of a project in all its environments, by name, then by the environments' order. */
export const listAllServices = (sql: Db, projectId: ProjectId): Promise<Service[]> => sql<Service[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where s.project_id = ${projectId}
  order by s.slug, e.position, e.id`;

/** What can be changed of a service in all environments. */
export type ServiceChange = {
  slug?: string | undefined;
  source?: Source | undefined;
  settings?: Settings | undefined;
  groupId?: string | null | undefined;
};

/** Changes what is named and raises the version. @throws {DomainError} conflict */
export const updateService = async (tx: Db, id: ServiceId, change: ServiceChange): Promise<void> => {
  const { slug, source, settings, groupId } = change;
  await tx`
    update deployments.services set
      slug = coalesce(${slug ?? null}, slug),
      source = coalesce(${source === undefined ? null : jsonb(tx, source)}::jsonb, source),
      settings = coalesce(${settings === undefined ? null : jsonb(tx, settings)}::jsonb, settings),
      group_id = case when ${groupId !== undefined} then ${groupId ?? null}::uuid else group_id end,
      version = version + 1,
      updated_at = now()
    where id = ${id}`.catch(
    dbError({ services_slug_key: `There is already a service named "${slug}" in this project.` }),
  );
};

/** With all its workloads. What runs of them is torn down by another. */
export const deleteService = async (tx: Db, id: ServiceId): Promise<void> => {
  await tx`update deployments.workloads set current_release_id = null where service_id = ${id}`;
  await tx`delete from deployments.services where id = ${id}`;
};
