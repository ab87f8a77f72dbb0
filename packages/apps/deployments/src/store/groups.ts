import type { Db } from "@homeport/kit/db/connect.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { Group, ListedGroup } from "../group.ts";
import type { Project } from "../project.ts";

type Place = Pick<Project, "id" | "organisationId">;

const columns = (sql: Db) => sql`
  g.id, g.organisation_id as "organisationId", g.project_id as "projectId", g.slug, g.created_at as "createdAt"`;

/** By id or slug, within a project. */
export const findGroup = async (sql: Db, project: Place, reference: string): Promise<Group | null> => {
  const [group] = await sql<Group[]>`
    select ${columns(sql)}
    from deployments.groups g
    where g.organisation_id = ${project.organisationId} and g.project_id = ${project.id}
      and ${isId(reference) ? sql`g.id = ${reference}` : sql`g.slug = ${reference}`}`;
  return group ?? null;
};

/** By name, with the names of their services; a project has a hundred at most. */
export const listGroups = (sql: Db, project: Place): Promise<ListedGroup[]> => sql<ListedGroup[]>`
  select ${columns(sql)},
    array(select s.slug from deployments.services s where s.group_id = g.id order by s.slug) as services
  from deployments.groups g
  where g.organisation_id = ${project.organisationId} and g.project_id = ${project.id}
  order by g.slug`;
