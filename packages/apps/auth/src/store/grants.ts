import type { Db } from "@homeport/kit/db/connect.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { PersonId, ProjectId } from "@homeport/kit/ids.ts";
import type { ProjectRole } from "@homeport/kit/principal.ts";
import type { HeldGrant, Holder } from "../grant.ts";
import type { GrantId, ServiceAccountId, TeamId } from "../ids.ts";
import type { Environment, Project } from "../project.ts";

const grants = (sql: Db, where: ReturnType<Db>) => sql<HeldGrant[]>`
  select g.id, g.organisation_id as "organisationId", g.role, g.created_at as "createdAt",
    jsonb_build_object('id', pr.id, 'slug', pr.slug) as "project",
    case when e.id is null then null else jsonb_build_object('id', e.id, 'slug', e.slug) end as "environment",
    case
      when g.person_id is not null
        then jsonb_build_object('kind', 'person', 'id', pe.id, 'name', pe.name, 'email', pe.email)
      when g.team_id is not null then jsonb_build_object('kind', 'team', 'id', t.id, 'name', t.name)
      else jsonb_build_object('kind', 'service-account', 'id', a.id, 'name', a.slug)
    end as "who"
  from auth.grants g
  join auth.projects pr on pr.organisation_id = g.organisation_id and pr.id = g.project_id
  left join auth.environments e
    on e.organisation_id = g.organisation_id and e.project_id = g.project_id and e.id = g.environment_id
  left join auth.people pe on pe.id = g.person_id
  left join auth.teams t on t.organisation_id = g.organisation_id and t.id = g.team_id
  left join auth.service_accounts a on a.organisation_id = g.organisation_id and a.id = g.service_account_id
  where ${where}`;

/** What a list of roles is narrowed to; null where it is not. */
export type GrantFilter = {
  projectId: ProjectId | null;
  personId: PersonId | null;
  teamId: TeamId | null;
  serviceAccountId: ServiceAccountId | null;
};

/** In the order in which they were given, after the one with the id `after`. */
export const listGrants = (
  sql: Db,
  scope: Scope,
  { projectId, personId, teamId, serviceAccountId }: GrantFilter,
  after: GrantId | null,
  limit: number,
): Promise<HeldGrant[]> =>
  grants(
    sql,
    sql`g.organisation_id = ${scope.organisationId}
    and (${projectId}::uuid is null or g.project_id = ${projectId})
    and (${personId}::uuid is null or g.person_id = ${personId})
    and (${teamId}::uuid is null or g.team_id = ${teamId})
    and (${serviceAccountId}::uuid is null or g.service_account_id = ${serviceAccountId})
    and (${after}::uuid is null or g.id > ${after})
  order by g.id
  limit ${limit}`,
  );

/** A role in this project. */
export const findGrant = async (sql: Db, project: Project, id: string): Promise<HeldGrant | null> => {
  const [row] = await grants(
    sql,
    sql`g.organisation_id = ${project.organisationId} and g.project_id = ${project.id} and g.id = ${id}`,
  );
  return row ?? null;
};

/** The role that somebody has at exactly this place. */
export const findGrantAt = async (
  sql: Db,
  project: Project,
  environment: Environment | null,
  who: Holder,
): Promise<HeldGrant | null> => {
  const [row] = await grants(
    sql,
    sql`g.organisation_id = ${project.organisationId} and g.project_id = ${project.id}
      and g.environment_id is not distinct from ${environment?.id ?? null}::uuid and ${heldBy(sql, who)}`,
  );
  return row ?? null;
};

/** Gives a role at a place; one that they have there is changed to it. */
export const putGrant = async (
  sql: Db,
  project: Project,
  grant: { id: GrantId; environment: Environment | null; who: Holder; role: ProjectRole },
): Promise<void> => {
  const { who } = grant;
  await sql`
    insert into auth.grants (id, organisation_id, role, project_id, environment_id, person_id, team_id,
      service_account_id)
    values (${grant.id}, ${project.organisationId}, ${grant.role}, ${project.id}, ${grant.environment?.id ?? null},
      ${who.kind === "person" ? who.id : null}, ${who.kind === "team" ? who.id : null},
      ${who.kind === "service-account" ? who.id : null})
    on conflict on constraint grants_one_role_key do update set role = excluded.role`;
};

export const removeGrant = async (sql: Db, { organisationId, id }: HeldGrant): Promise<number> => {
  const removed = await sql`
    delete from auth.grants where organisation_id = ${organisationId} and id = ${id} returning id`;
  return removed.length;
};

/** How many roles in projects one person, team or service account was given itself. */
export const countGrantsOf = async (sql: Db, project: Project, who: Holder): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from auth.grants g
    where g.organisation_id = ${project.organisationId} and ${heldBy(sql, who)}`;
  return row?.count ?? 0;
};

/** The most roles that one of these people has by themselves and by their teams: of one person, or of a team's. */
export const countMostGrants = async (
  sql: Db,
  organisationId: string,
  of: { personId: PersonId } | { teamId: TeamId },
): Promise<number> => {
  const people =
    "personId" in of
      ? sql`select ${of.personId}::uuid as person_id`
      : sql`select person_id from auth.team_members where organisation_id = ${organisationId} and team_id = ${of.teamId}`;
  const [row] = await sql<{ most: number }[]>`
    select coalesce(max(held.count), 0)::int as most
    from (${people}) who
    cross join lateral (
      select count(*) from (
        select distinct g.role, g.project_id, g.environment_id
        from auth.grants g
        where g.organisation_id = ${organisationId}
          and (g.person_id = who.person_id or g.team_id in (
            select tm.team_id from auth.team_members tm
            where tm.organisation_id = ${organisationId} and tm.person_id = who.person_id))
      ) each
    ) held`;
  return row?.most ?? 0;
};

const heldBy = (sql: Db, who: Holder): ReturnType<Db> => {
  switch (who.kind) {
    case "person":
      return sql`g.person_id = ${who.id}`;
    case "team":
      return sql`g.team_id = ${who.id}`;
    case "service-account":
      return sql`g.service_account_id = ${who.id}`;
  }
};
