import type { Db } from "@homeport/kit/db/connect.ts";
import { type EnvironmentId, isId, newId } from "@homeport/kit/ids.ts";
import type { Environment, Project } from "../project.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", project_id as "projectId", slug, is_protected as "isProtected",
  created_at as "createdAt"`;

/** A project has one so far; a list of them is read whole. */
const MAX_ENVIRONMENTS = 100;

export const insertEnvironment = async (tx: Db, project: Project, slug: string): Promise<Environment> => {
  const [environment] = await tx<Environment[]>`
    insert into deployments.environments (id, organisation_id, project_id, slug)
    values (${newId<EnvironmentId>()}, ${project.organisationId}, ${project.id}, ${slug})
    returning ${columns(tx)}`;
  return environment as Environment;
};

/** By id or slug, within a project. */
export const findEnvironment = async (sql: Db, project: Project, reference: string): Promise<Environment | null> => {
  const [environment] = await sql<Environment[]>`
    select ${columns(sql)}
    from deployments.environments
    where organisation_id = ${project.organisationId} and project_id = ${project.id}
      and ${isId(reference) ? sql`id = ${reference}` : sql`slug = ${reference}`}`;
  return environment ?? null;
};

export const listEnvironments = (sql: Db, project: Project): Promise<Environment[]> => sql<Environment[]>`
  select ${columns(sql)}
  from deployments.environments
  where organisation_id = ${project.organisationId} and project_id = ${project.id}
  order by slug
  limit ${MAX_ENVIRONMENTS}`;

/** False when that changes nothing. */
export const protectEnvironment = async (tx: Db, { id }: Environment, isProtected: boolean): Promise<boolean> => {
  const changed = await tx`
    update deployments.environments set is_protected = ${isProtected}
    where id = ${id} and is_protected <> ${isProtected}
    returning id`;
  return changed.length === 1;
};
