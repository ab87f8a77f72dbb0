import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId, type PersonId } from "@homeport/kit/ids.ts";
import type { TeamId } from "../ids.ts";
import type { Team, TeamMember } from "../team.ts";

const columns = (sql: Db) => sql`
  t.id, t.organisation_id as "organisationId", t.slug, t.name, t.created_at as "createdAt",
  (
    select count(*)::int from auth.team_members tm
    where tm.organisation_id = t.organisation_id and tm.team_id = t.id
  ) as "memberCount",
  (
    select count(*)::int from auth.grants g where g.organisation_id = t.organisation_id and g.team_id = t.id
  ) as "grantCount"`;

/** Teams by slug, after the slug in `after`. */
export const listTeams = (sql: Db, scope: Scope, after: string, limit: number): Promise<Team[]> => sql<Team[]>`
  select ${columns(sql)}
  from auth.teams t
  where t.organisation_id = ${scope.organisationId} and t.slug > ${after}
  order by t.slug
  limit ${limit}`;

/** By slug or id. */
export const findTeam = async (sql: Db, scope: Scope, reference: string): Promise<Team | null> => {
  const [row] = await sql<Team[]>`
    select ${columns(sql)}
    from auth.teams t
    where t.organisation_id = ${scope.organisationId}
      and ${isId(reference) ? sql`t.id = ${reference}` : sql`t.slug = ${reference}`}`;
  return row ?? null;
};

export const countTeams = async (sql: Db, scope: Scope): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from auth.teams where organisation_id = ${scope.organisationId}`;
  return row?.count ?? 0;
};

export const insertTeam = async (
  sql: Db,
  scope: Scope,
  team: { id: TeamId; slug: string; name: string },
): Promise<void> => {
  await sql`
    insert into auth.teams (id, organisation_id, slug, name)
    values (${team.id}, ${scope.organisationId}, ${team.slug}, ${team.name})`.catch(
    dbError({ teams_slug_key: `There is a team "${team.slug}" already.` }),
  );
};

export const renameTeam = async (sql: Db, { organisationId, id }: Team, name: string): Promise<void> => {
  await sql`update auth.teams set name = ${name} where organisation_id = ${organisationId} and id = ${id}`;
};

/** With its roles in projects; 0 when it was gone. */
export const removeTeam = async (sql: Db, { organisationId, id }: Team): Promise<number> => {
  const removed = await sql`
    delete from auth.teams where organisation_id = ${organisationId} and id = ${id} returning id`;
  return removed.length;
};

/** Who is in a team by e-mail address, after the address in `after`. */
export const listTeamMembers = (
  sql: Db,
  { organisationId, id }: Team,
  after: string,
  limit: number,
): Promise<TeamMember[]> => sql<TeamMember[]>`
  select p.id, p.email, p.name
  from auth.team_members tm
  join auth.people p on p.id = tm.person_id
  where tm.organisation_id = ${organisationId} and tm.team_id = ${id} and p.email > ${after}
  order by p.email
  limit ${limit}`;

/** False when they are in it already. */
export const addTeamMember = async (sql: Db, { organisationId, id }: Team, personId: PersonId): Promise<boolean> => {
  const added = await sql`
    insert into auth.team_members (organisation_id, team_id, person_id)
    values (${organisationId}, ${id}, ${personId})
    on conflict do nothing
    returning person_id`;
  return added.length === 1;
};

/** Puts a member into those of these teams that are (still) there. */
export const addToTeams = async (
  sql: Db,
  { organisationId, teamIds }: { organisationId: string; teamIds: readonly TeamId[] },
  personId: PersonId,
): Promise<void> => {
  await sql`
    insert into auth.team_members (organisation_id, team_id, person_id)
    select t.organisation_id, t.id, ${personId}
    from auth.teams t
    where t.organisation_id = ${organisationId} and t.id = any(${teamIds as TeamId[]}::uuid[])
    on conflict do nothing`;
};

export const removeTeamMember = async (sql: Db, { organisationId, id }: Team, personId: PersonId): Promise<number> => {
  const removed = await sql`
    delete from auth.team_members
    where organisation_id = ${organisationId} and team_id = ${id} and person_id = ${personId}
    returning person_id`;
  return removed.length;
};
