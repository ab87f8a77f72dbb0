import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId, newId, type ProjectId } from "@homeport/kit/ids.ts";
import type { Project } from "../project.ts";
import type { ListedSecretGroup, SecretGroup, SecretGroupId } from "../secret-group.ts";

const columns = (sql: Db) => sql`
  g.id, g.organisation_id as "organisationId", g.project_id as "projectId", g.slug, g.version,
  g.created_at as "createdAt", g.updated_at as "updatedAt", g.last_used_at as "lastUsedAt"`;

/**
 * Makes everybody else who changes secret groups of the project, or what they are attached to, wait for the end of this
 * transaction. Services can be made meanwhile.
 *
 * @throws {DomainError} not_found, when the project was removed meanwhile
 */
export const lockSecrets = async (tx: Db, projectId: ProjectId): Promise<void> => {
  const rows = await tx`select id from deployments.projects where id = ${projectId} for no key update`;
  if (rows.length === 0) throw new DomainError("not_found", "There is no such project.");
};

/** @throws {DomainError} conflict */
export const insertSecretGroup = async (tx: Db, project: Project, slug: string): Promise<SecretGroup> => {
  const [group] = await tx<SecretGroup[]>`
    insert into deployments.secret_groups as g (id, organisation_id, project_id, slug)
    values (${newId<SecretGroupId>()}, ${project.organisationId}, ${project.id}, ${slug})
    returning ${columns(tx)}`.catch(
    dbError({ secret_groups_slug_key: `There is already a secret group named "${slug}" in this project.` }),
  );
  return group as SecretGroup;
};

/** By id or slug, within a project. */
export const findSecretGroup = async (
  sql: Db,
  project: Pick<Project, "id" | "organisationId">,
  reference: string,
): Promise<SecretGroup | null> => {
  const [group] = await sql<SecretGroup[]>`
    select ${columns(sql)}
    from deployments.secret_groups g
    where g.organisation_id = ${project.organisationId} and g.project_id = ${project.id}
      and ${isId(reference) ? sql`g.id = ${reference}` : sql`g.slug = ${reference}`}`;
  return group ?? null;
};

/** Groups of a project by name, after `after`. */
export const listSecretGroups = (
  sql: Db,
  project: Pick<Project, "id" | "organisationId">,
  after: string,
  limit: number,
): Promise<ListedSecretGroup[]> => sql<ListedSecretGroup[]>`
  select ${columns(sql)},
    (select count(*)::int from deployments.secret_items i where i.group_id = g.id) as "itemCount",
    (select count(*)::int from deployments.secret_attachments a where a.group_id = g.id) as "serviceCount"
  from deployments.secret_groups g
  where g.organisation_id = ${project.organisationId} and g.project_id = ${project.id} and g.slug > ${after}
  order by g.slug
  limit ${limit}`;

/** @throws {DomainError} not_found, when it was removed meanwhile */
export const raiseVersion = async (tx: Db, group: SecretGroup): Promise<SecretGroup> => {
  const [raised] = await tx<SecretGroup[]>`
    update deployments.secret_groups g set version = g.version + 1, updated_at = now()
    where g.organisation_id = ${group.organisationId} and g.id = ${group.id}
    returning ${columns(tx)}`;
  if (raised === undefined) throw new DomainError("not_found", "There is no such secret group.");
  return raised;
};

/** Says that a release took the items of these groups. */
export const markUsed = async (tx: Db, ids: readonly SecretGroupId[]): Promise<void> => {
  await tx`
    with used as (
      select id from deployments.secret_groups
      where id = any (${ids}::uuid[])
      order by id
      for no key update -- in one order: two releases that take the same groups do not wait for each other in turn
    )
    update deployments.secret_groups g set last_used_at = now()
    from used
    where g.id = used.id`;
};

/** @throws {DomainError} conflict, while a service has it attached */
export const removeSecretGroup = async (tx: Db, group: SecretGroup): Promise<void> => {
  await tx`
    delete from deployments.secret_groups
    where organisation_id = ${group.organisationId} and id = ${group.id}`.catch(
    dbError({ secret_attachments_group_fkey: "Services have this group attached." }),
  );
};
