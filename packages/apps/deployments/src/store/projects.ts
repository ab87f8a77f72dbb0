import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId, newId, type ProjectId } from "@homeport/kit/ids.ts";
import type { ListedProject, Project } from "../project.ts";

/** @throws {DomainError} conflict */
export const insertProject = async (tx: Db, scope: Scope, slug: string): Promise<Project> => {
  const [project] = await tx<Project[]>`
    insert into deployments.projects (id, organisation_id, organisation_slug, slug)
    values (${newId<ProjectId>()}, ${scope.organisationId}, ${scope.organisationSlug}, ${slug})
    returning id, organisation_id as "organisationId", slug, created_at as "createdAt"`.catch(
    dbError({ projects_slug_key: `There is already a project named "${slug}".` }),
  );
  return project as Project;
};

/** By id or slug. */
export const findProject = async (sql: Db, scope: Scope, reference: string): Promise<Project | null> => {
  const [project] = await sql<Project[]>`
    select id, organisation_id as "organisationId", slug, created_at as "createdAt"
    from deployments.projects
    where organisation_id = ${scope.organisationId}
      and ${isId(reference) ? sql`id = ${reference}` : sql`slug = ${reference}`}`;
  return project ?? null;
};

/** Projects of the scope by name, after `after`. */
export const listProjects = (sql: Db, scope: Scope, after: string, limit: number): Promise<ListedProject[]> =>
  sql<ListedProject[]>`
    select p.id, p.organisation_id as "organisationId", p.slug, p.created_at as "createdAt",
      count(s.id)::int as "serviceCount"
    from deployments.projects p
    left join deployments.services s on s.project_id = p.id
    where p.organisation_id = ${scope.organisationId} and p.slug > ${after}
      and ${scope.projectIds === null ? sql`true` : sql`p.id = any(${scope.projectIds as ProjectId[]}::uuid[])`}
    group by p.id
    order by p.slug
    limit ${limit}`;

/** Keeps services from being added to a project until the transaction ends. */
export const lockProject = async (tx: Db, scope: Scope, id: ProjectId): Promise<void> => {
  await tx`
    select id from deployments.projects
    where organisation_id = ${scope.organisationId} and id = ${id}
    for update`;
};

export const removeProject = async (sql: Db, scope: Scope, id: ProjectId): Promise<void> => {
  await sql`delete from deployments.projects where organisation_id = ${scope.organisationId} and id = ${id}`;
};
