import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import { type EnvironmentId, isId, newId } from "@homeport/kit/ids.ts";
import { type Environment, MAX_ENVIRONMENTS } from "../environment.ts";
import type { Project } from "../project.ts";

const columns = (sql: Db) => sql`
  id, organisation_id as "organisationId", project_id as "projectId", slug, position,
  branch_pattern as "branchPattern", is_protected as "isProtected", version, created_at as "createdAt"`;

export type NewEnvironment = Pick<Environment, "slug" | "branchPattern">;

/** Makes an environment behind the others. @throws {DomainError} conflict */
export const insertEnvironment = async (
  tx: Db,
  project: Pick<Project, "id" | "organisationId">,
  { slug, branchPattern }: NewEnvironment,
): Promise<Environment> => {
  const [environment] = await tx<Environment[]>`
    insert into deployments.environments (id, organisation_id, project_id, slug, branch_pattern, position)
    select ${newId<EnvironmentId>()}, ${project.organisationId}, ${project.id}, ${slug}, ${branchPattern},
      coalesce(max(position) + 1, 0)
    from deployments.environments
    where project_id = ${project.id}
    returning ${columns(tx)}`.catch(
    dbError({ environments_slug_key: `There is already an environment named "${slug}" in this project.` }),
  );
  return environment as Environment;
};

/** By id or slug, within a project. */
export const findEnvironment = async (
  sql: Db,
  project: Pick<Project, "id" | "organisationId">,
  reference: string,
): Promise<Environment | null> => {
  const [environment] = await sql<Environment[]>`
    select ${columns(sql)}
    from deployments.environments
    where organisation_id = ${project.organisationId} and project_id = ${project.id}
      and ${isId(reference) ? sql`id = ${reference}` : sql`slug = ${reference}`}`;
  return environment ?? null;
};

/** All of a project, in their order. */
export const listEnvironments = (sql: Db, project: Pick<Project, "id" | "organisationId">): Promise<Environment[]> =>
  sql<Environment[]>`
    select ${columns(sql)}
    from deployments.environments
    where organisation_id = ${project.organisationId} and project_id = ${project.id}
    order by position, id
    limit ${MAX_ENVIRONMENTS}`;

/** False when that changes nothing. */
export const protectEnvironment = async (tx: Db, { id }: Environment, isProtected: boolean): Promise<boolean> => {
  const changed = await tx`
    update deployments.environments set is_protected = ${isProtected}
    where id = ${id} and is_protected <> ${isProtected}
    returning id`;
  return changed.length === 1;
};

export type EnvironmentChange = { slug?: string | undefined; branchPattern?: string | null | undefined };

/** Changes what is named and raises the version. @throws {DomainError} conflict */
export const updateEnvironment = async (tx: Db, id: EnvironmentId, change: EnvironmentChange): Promise<void> => {
  const { slug, branchPattern } = change;
  await tx`
    update deployments.environments set
      slug = coalesce(${slug ?? null}, slug),
      branch_pattern = case when ${branchPattern !== undefined} then ${branchPattern ?? null} else branch_pattern end,
      version = version + 1
    where id = ${id}`.catch(
    dbError({ environments_slug_key: `There is already an environment named "${slug}" in this project.` }),
  );
};

/** Puts the environments of a project into this order; those that are not named keep theirs behind these. */
export const orderEnvironments = async (tx: Db, ids: readonly EnvironmentId[]): Promise<void> => {
  await tx`
    update deployments.environments e set position = wanted.place - 1
    from unnest(${ids as EnvironmentId[]}::uuid[]) with ordinality as wanted (id, place)
    where e.id = wanted.id`;
};

/** With its workloads, variables and releases. What runs in it is torn down by another. */
export const deleteEnvironment = async (tx: Db, id: EnvironmentId): Promise<void> => {
  await tx`update deployments.workloads set current_release_id = null where environment_id = ${id}`;
  await tx`delete from deployments.environments where id = ${id}`;
};
