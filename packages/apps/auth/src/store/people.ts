import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { Member, Membership } from "../person.ts";

export const insertPerson = async (
  sql: Db,
  person: { id: PersonId; email: string; name: string; passwordHash: string },
): Promise<void> => {
  await sql`
    insert into auth.people (id, email, name, password_hash)
    values (${person.id}, ${person.email}, ${person.name}, ${person.passwordHash})`.catch(
    dbError({ people_email_key: "There is an account with this e-mail address." }),
  );
};

export const insertOrganisation = async (
  sql: Db,
  organisation: { id: OrganisationId; slug: string; name: string },
): Promise<void> => {
  await sql`
    insert into auth.organisations (id, slug, name)
    values (${organisation.id}, ${organisation.slug}, ${organisation.name})`.catch(
    dbError({ organisations_slug_key: "This organisation name is taken." }),
  );
};

export const insertMembership = async (
  sql: Db,
  personId: PersonId,
  organisationId: OrganisationId,
  role: Role,
): Promise<void> => {
  await sql`
    insert into auth.memberships (person_id, organisation_id, role)
    values (${personId}, ${organisationId}, ${role})`;
};

export const countPeople = async (sql: Db): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from auth.people`;
  return row?.count ?? 0;
};

/** A person's oldest membership with the password to check; null for an unknown address. */
export const findLogin = async (sql: Db, email: string): Promise<(Membership & { passwordHash: string }) | null> => {
  const [row] = await sql<(Membership & { passwordHash: string })[]>`
    select p.id as "personId", p.email, p.name, p.password_hash as "passwordHash",
      o.id as "organisationId", o.slug as "organisationSlug", o.name as "organisationName", m.role
    from auth.people p
    join auth.memberships m on m.person_id = p.id
    join auth.organisations o on o.id = m.organisation_id
    where p.email = ${email}
    order by m.created_at, o.id
    limit 1`;
  return row ?? null;
};

export const findMembership = async (
  sql: Db,
  personId: PersonId,
  organisationId: OrganisationId,
): Promise<Membership | null> => {
  const [row] = await sql<Membership[]>`
    select p.id as "personId", p.email, p.name,
      o.id as "organisationId", o.slug as "organisationSlug", o.name as "organisationName", m.role
    from auth.memberships m
    join auth.people p on p.id = m.person_id
    join auth.organisations o on o.id = m.organisation_id
    where m.person_id = ${personId} and m.organisation_id = ${organisationId}`;
  return row ?? null;
};

/** Members by e-mail address, after the address in `after`. */
export const listMembers = (
  sql: Db,
  organisationId: OrganisationId,
  after: string,
  limit: number,
): Promise<Member[]> => sql<Member[]>`
  select p.id, p.email, p.name, m.role, m.created_at as "joinedAt"
  from auth.memberships m
  join auth.people p on p.id = m.person_id
  where m.organisation_id = ${organisationId} and p.email > ${after}
  order by p.email
  limit ${limit}`;
