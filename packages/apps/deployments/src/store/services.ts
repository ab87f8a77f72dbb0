import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { type EnvironmentId, isId, newId, type ProjectId, type ServiceId, type WorkloadId } from "@homeport/kit/ids.ts";
import { hostLabels } from "../host.ts";
import type { Project } from "../project.ts";
import type { NewService, Service } from "../service.ts";
import type { Settings } from "../settings.ts";
import type { Source } from "../source.ts";

const columns = (sql: Db) => sql`
  s.id, s.organisation_id as "organisationId", p.organisation_slug as "organisationSlug", s.project_id as "projectId", p.slug as "projectSlug", s.slug,
  s.source, s.settings, s.created_at as "createdAt", w.id as "workloadId", w.environment_id as "environmentId", e.is_protected as "isProtected",
  w.host_label as "hostLabel", w.current_release_id as "currentReleaseId"`;

const joined = (sql: Db) => sql`
  deployments.services s
  join deployments.projects p on p.id = s.project_id
  join deployments.workloads w on w.service_id = s.id
  join deployments.environments e on e.id = w.environment_id`;

/** Makes a service and its workload, which takes the first host label that is free. @throws {DomainError} conflict */
export const insertService = async (
  tx: Db,
  scope: Scope,
  project: Project,
  environmentId: EnvironmentId,
  service: NewService,
): Promise<{ id: ServiceId; workloadId: WorkloadId }> => {
  const id = newId<ServiceId>();
  const workloadId = newId<WorkloadId>();
  await tx`
    insert into deployments.services (id, organisation_id, project_id, slug, source, settings)
    values (${id}, ${scope.organisationId}, ${project.id}, ${service.slug}, ${jsonb(tx, service.source)},
      ${jsonb(tx, service.settings)})`.catch(
    dbError({ services_slug_key: `There is already a service named "${service.slug}" in this project.` }),
  );
  for (const label of hostLabels(service.slug, project.slug, workloadId)) {
    // one attempt for each of at most two labels; the database decides which one is free
    const made = await tx`
      insert into deployments.workloads (id, organisation_id, service_id, environment_id, host_label)
      values (${workloadId}, ${scope.organisationId}, ${id}, ${environmentId}, ${label})
      on conflict (host_label) do nothing
      returning id`;
    if (made.length === 1) return { id, workloadId };
  }
  throw new Error(`no host label was free for workload ${workloadId}`);
};

/** By id or slug, within a project. */
export const findService = async (
  sql: Db,
  scope: Scope,
  projectId: ProjectId,
  reference: string,
): Promise<Service | null> => {
  const [service] = await sql<Service[]>`
    select ${columns(sql)}
    from ${joined(sql)}
    where s.organisation_id = ${scope.organisationId} and s.project_id = ${projectId}
      and ${isId(reference) ? sql`s.id = ${reference}` : sql`s.slug = ${reference}`}`;
  return service ?? null;
};

export const getServiceOfWorkload = async (sql: Db, workloadId: WorkloadId): Promise<Service | null> => {
  const [service] = await sql<Service[]>`select ${columns(sql)} from ${joined(sql)} where w.id = ${workloadId}`;
  return service ?? null;
};

/** Services of a project by name, after `after`: those in some environments, or all. */
export const listServices = (
  sql: Db,
  scope: Scope,
  projectId: ProjectId,
  environmentIds: EnvironmentId[] | null,
  after: string,
  limit: number,
): Promise<Service[]> => sql<Service[]>`
  select ${columns(sql)}
  from ${joined(sql)}
  where s.organisation_id = ${scope.organisationId} and s.project_id = ${projectId} and s.slug > ${after}
    and ${environmentIds === null ? sql`true` : sql`w.environment_id = any(${environmentIds}::uuid[])`}
  order by s.slug
  limit ${limit}`;

/** What can be changed of a service. */
export type Configuration = Pick<Service, "source" | "settings">;

/**
 * Changes what is named, so that two who change different things do not undo each other. How it was and how it is; null
 * when the service is gone.
 */
export const updateService = async (
  sql: Db,
  scope: Scope,
  id: ServiceId,
  { source, settings }: { source?: Source | undefined; settings?: Settings | undefined },
): Promise<{ before: Configuration; after: Configuration } | null> => {
  const [changed] = await sql<{ before: Configuration; after: Configuration }[]>`
    with before as (
      select id, source, settings
      from deployments.services
      where organisation_id = ${scope.organisationId} and id = ${id}
      for update
    )
    update deployments.services s set
      source = coalesce(${source === undefined ? null : jsonb(sql, source)}::jsonb, s.source),
      settings = coalesce(${settings === undefined ? null : jsonb(sql, settings)}::jsonb, s.settings),
      updated_at = now()
    from before
    where s.id = before.id
    returning
      jsonb_build_object('source', before.source, 'settings', before.settings) as before,
      jsonb_build_object('source', s.source, 'settings', s.settings) as after`;
  return changed ?? null;
};

export const removeService = async (tx: Db, scope: Scope, service: Service): Promise<void> => {
  await tx`
    update deployments.workloads set current_release_id = null
    where organisation_id = ${scope.organisationId} and id = ${service.workloadId}`;
  await tx`delete from deployments.services where organisation_id = ${scope.organisationId} and id = ${service.id}`;
};
