import type { Db } from "@homeport/kit/db/connect.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { Organisation, OrganisationOverview, OwnOrganisation } from "../organisation.ts";

/**
 * Makes the changes of who belongs to an organisation and may do what in it wait for each other, until the transaction
 * ends; what only refers to the organisation does not wait. False when it is gone.
 */
export const lockOrganisation = async (tx: Db, id: OrganisationId): Promise<boolean> => {
  const rows = await tx`select id from auth.organisations where id = ${id} for no key update`;
  return rows.length === 1;
};

export const findOrganisation = async (sql: Db, scope: Scope): Promise<OrganisationOverview | null> => {
  const [row] = await sql<OrganisationOverview[]>`
    select o.id, o.slug, o.name,
      (select count(*)::int from auth.memberships m where m.organisation_id = o.id) as "memberCount",
      (select count(*)::int from auth.projects p where p.organisation_id = o.id) as "projectCount"
    from auth.organisations o
    where o.id = ${scope.organisationId}`;
  return row ?? null;
};

/** The organisations of a person by slug, after the slug in `after`. */
export const listOwnOrganisations = (
  sql: Db,
  personId: PersonId,
  after: string,
  limit: number,
): Promise<OwnOrganisation[]> => sql<OwnOrganisation[]>`
  select o.id, o.slug, o.name, m.role
  from auth.memberships m
  join auth.organisations o on o.id = m.organisation_id
  where m.person_id = ${personId} and o.slug > ${after}
  order by o.slug
  limit ${limit}`;

/** One of a person's organisations, by slug or id. */
export const findOwnOrganisation = async (
  sql: Db,
  personId: PersonId,
  reference: string,
): Promise<OwnOrganisation | null> => {
  const [row] = await sql<OwnOrganisation[]>`
    select o.id, o.slug, o.name, m.role
    from auth.memberships m
    join auth.organisations o on o.id = m.organisation_id
    where m.person_id = ${personId} and ${isId(reference) ? sql`o.id = ${reference}` : sql`o.slug = ${reference}`}`;
  return row ?? null;
};

/** To how many organisations a person belongs. Within the transaction nobody else counts or adds any for them. */
export const countOwnOrganisationsLocked = async (tx: Db, personId: PersonId): Promise<number> => {
  await tx`select id from auth.people where id = ${personId} for no key update`;
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from auth.memberships where person_id = ${personId}`;
  return row?.count ?? 0;
};

export const renameOrganisation = async (sql: Db, scope: Scope, name: string): Promise<void> => {
  await sql`update auth.organisations set name = ${name} where id = ${scope.organisationId}`;
};

/** How many members have no other organisation. */
export const countMembersOfThisOnly = async (sql: Db, { id }: Organisation): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from auth.memberships m
    where m.organisation_id = ${id}
      and not exists (
        select from auth.memberships other where other.person_id = m.person_id and other.organisation_id <> ${id})`;
  return row?.count ?? 0;
};

/** Takes the sessions in an organisation over to another one of their people, the oldest; the rest stays in it. */
export const moveSessionsOut = async (sql: Db, { id }: Organisation): Promise<void> => {
  await sql`
    update auth.sessions s
    set organisation_id = next.organisation_id
    from (
      select distinct on (m.person_id) m.person_id, m.organisation_id
      from auth.memberships m
      where m.organisation_id <> ${id}
        and m.person_id in (select person_id from auth.sessions where organisation_id = ${id})
      order by m.person_id, m.created_at, m.organisation_id
    ) next
    where s.organisation_id = ${id} and next.person_id = s.person_id`;
};

/** With its members, teams, tokens and everything else that is its own. */
export const removeOrganisation = async (sql: Db, { id }: Organisation): Promise<number> => {
  const removed = await sql`delete from auth.organisations where id = ${id} returning id`;
  return removed.length;
};

/** Whether one of those who own the platform and may sign in belongs to an organisation, which signing in needs. */
export const isAnyOwnerReachable = async (sql: Db): Promise<boolean> => {
  const rows = await sql`
    select p.id
    from auth.people p
    where p.instance_role = 'owner' and p.suspended_at is null
      and exists (select from auth.memberships m where m.person_id = p.id)
    limit 1`;
  return rows.length === 1;
};

/** Moves a session to another organisation of its person. */
export const switchSession = async (
  sql: Db,
  session: { id: string; personId: PersonId },
  organisationId: OrganisationId,
): Promise<void> => {
  await sql`
    update auth.sessions set organisation_id = ${organisationId}
    where id = ${session.id} and person_id = ${session.personId}`;
};
