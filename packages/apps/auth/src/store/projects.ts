import type { Db } from "@homeport/kit/db/connect.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { Environment, Project, ProjectWithGrants } from "../project.ts";

/** Keeps a project as it is now. Its slug is nobody else's any more. Does nothing for an organisation that is gone. */
export const putProject = async (sql: Db, project: Project): Promise<void> => {
  await sql`
    delete from auth.projects
    where organisation_id = ${project.organisationId} and slug = ${project.slug} and id <> ${project.id}`;
  await sql`
    insert into auth.projects (organisation_id, id, slug)
    select o.id, ${project.id}, ${project.slug}
    from auth.organisations o
    where o.id = ${project.organisationId}
    on conflict (organisation_id, id) do update set slug = excluded.slug`;
};

/** Keeps these environments of a project that is there, and no others. */
export const putEnvironments = async (
  sql: Db,
  project: Project,
  environments: readonly { id: string; slug: string }[],
): Promise<void> => {
  const ids = environments.map(({ id }) => id);
  const slugs = environments.map(({ slug }) => slug);
  await sql`
    delete from auth.environments
    where organisation_id = ${project.organisationId} and project_id = ${project.id} and id <> all(${ids}::uuid[])`;
  await sql`
    insert into auth.environments (organisation_id, project_id, id, slug)
    select p.organisation_id, p.id, e.id, e.slug
    from unnest(${ids}::uuid[], ${slugs}::text[]) as e (id, slug)
    join auth.projects p on p.organisation_id = ${project.organisationId} and p.id = ${project.id}
    on conflict (organisation_id, project_id, id) do update set slug = excluded.slug`;
};

/** Forgets a project with the roles in it. */
export const removeProject = async (sql: Db, { organisationId, id }: Pick<Project, "organisationId" | "id">) => {
  await sql`delete from auth.projects where organisation_id = ${organisationId} and id = ${id}`;
};

/** By slug or id. */
export const findProject = async (sql: Db, scope: Scope, reference: string): Promise<Project | null> => {
  const [row] = await sql<Project[]>`
    select p.id, p.organisation_id as "organisationId", p.slug
    from auth.projects p
    where p.organisation_id = ${scope.organisationId}
      and ${isId(reference) ? sql`p.id = ${reference}` : sql`p.slug = ${reference}`}`;
  return row ?? null;
};

/** The projects of a scope by slug, after the slug in `after`. */
export const listProjects = (sql: Db, scope: Scope, after: string, limit: number): Promise<ProjectWithGrants[]> => sql<
  ProjectWithGrants[]
>`
  select p.id, p.organisation_id as "organisationId", p.slug, (
    select count(*)::int from auth.grants g where g.organisation_id = p.organisation_id and g.project_id = p.id
  ) as "grantCount"
  from auth.projects p
  where p.organisation_id = ${scope.organisationId} and p.slug > ${after}
    ${scope.projectIds === null ? sql`` : sql`and p.id = any(${[...scope.projectIds]}::uuid[])`}
  order by p.slug
  limit ${limit}`;

/** A project has a handful of environments; more than these are not shown. */
const MAX_ENVIRONMENTS = 100;

export const listEnvironments = (sql: Db, project: Project): Promise<Environment[]> => sql<Environment[]>`
  select e.id, e.slug
  from auth.environments e
  where e.organisation_id = ${project.organisationId} and e.project_id = ${project.id}
  order by e.slug, e.id
  limit ${MAX_ENVIRONMENTS}`;

/** By slug or id. */
export const findEnvironment = async (sql: Db, project: Project, reference: string): Promise<Environment | null> => {
  const [row] = await sql<Environment[]>`
    select e.id, e.slug
    from auth.environments e
    where e.organisation_id = ${project.organisationId} and e.project_id = ${project.id}
      and ${isId(reference) ? sql`e.id = ${reference}` : sql`e.slug = ${reference}`}
    order by e.id
    limit 1`;
  return row ?? null;
};

/** An organisation whose rows are meant: of a member, whom the auth app knows as one. */
type Own = Pick<MemberPrincipal, "organisationId">;

/** The projects that references (slugs or ids) name. */
export const findProjects = (sql: Db, { organisationId }: Own, references: readonly string[]): Promise<Project[]> => {
  const ids = references.filter(isId);
  const slugs = references.filter((reference) => !isId(reference));
  return sql<Project[]>`
    select p.id, p.organisation_id as "organisationId", p.slug
    from auth.projects p
    where p.organisation_id = ${organisationId}
      and (p.id = any(${ids}::uuid[]) or p.slug = any(${slugs}::text[]))
    order by p.id`;
};

/** The environments of these projects of one organisation. */
export const findEnvironments = (
  sql: Db,
  { organisationId }: Own,
  projects: readonly Project[],
): Promise<(Environment & { projectId: string })[]> => sql<(Environment & { projectId: string })[]>`
  select e.id, e.slug, e.project_id as "projectId"
  from auth.environments e
  where e.organisation_id = ${organisationId} and e.project_id = any(${projects.map(({ id }) => id)}::uuid[])
  order by e.id`;
