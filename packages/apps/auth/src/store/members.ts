import type { Db } from "@homeport/kit/db/connect.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { Member } from "../person.ts";

const columns = (sql: Db) => sql`
  p.id, m.organisation_id as "organisationId", p.email, p.name, m.role, m.created_at as "joinedAt",
  array(
    select t.slug
    from auth.team_members tm
    join auth.teams t on t.organisation_id = tm.organisation_id and t.id = tm.team_id
    where tm.organisation_id = m.organisation_id and tm.person_id = m.person_id
    order by t.slug
  ) as "teams",
  (
    select count(*)::int from auth.grants g
    where g.organisation_id = m.organisation_id and g.person_id = m.person_id
  ) as "grantCount"`;

/** Members by e-mail address, after the address in `after`. */
export const listMembers = (sql: Db, scope: Scope, after: string, limit: number): Promise<Member[]> => sql<Member[]>`
  select ${columns(sql)}
  from auth.memberships m
  join auth.people p on p.id = m.person_id
  where m.organisation_id = ${scope.organisationId} and p.email > ${after}
  order by p.email
  limit ${limit}`;

/** By e-mail address or id. */
export const findMember = async (sql: Db, scope: Scope, reference: string): Promise<Member | null> => {
  const [row] = await sql<Member[]>`
    select ${columns(sql)}
    from auth.memberships m
    join auth.people p on p.id = m.person_id
    where m.organisation_id = ${scope.organisationId}
      and ${isId(reference) ? sql`p.id = ${reference}` : sql`p.email = ${reference.toLowerCase()}`}`;
  return row ?? null;
};

export const countMembers = async (sql: Db, organisationId: OrganisationId): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from auth.memberships where organisation_id = ${organisationId}`;
  return row?.count ?? 0;
};

/** How many others own the organisation and can sign in. */
export const countOtherOwners = async (
  sql: Db,
  { organisationId, id }: { organisationId: OrganisationId; id: PersonId },
): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from auth.memberships m
    join auth.people p on p.id = m.person_id
    where m.organisation_id = ${organisationId} and m.role = 'owner' and m.person_id <> ${id}
      and p.suspended_at is null`;
  return row?.count ?? 0;
};

export const updateMemberRole = async (sql: Db, { organisationId, id }: Member, role: Role): Promise<void> => {
  await sql`
    update auth.memberships set role = ${role}
    where organisation_id = ${organisationId} and person_id = ${id}`;
};

/** With their sessions, tokens, teams and roles in the organisation; 0 when they were gone. */
export const removeMember = async (sql: Db, { organisationId, id }: Member): Promise<number> => {
  const removed = await sql`
    delete from auth.memberships
    where organisation_id = ${organisationId} and person_id = ${id}
    returning person_id`;
  return removed.length;
};
