import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { InstanceRole, Role } from "@homeport/kit/principal.ts";
import type { Membership } from "../person.ts";

export const insertPerson = async (
  sql: Db,
  person: {
    id: PersonId;
    email: string;
    name: string;
    passwordHash: string | null;
    instanceRole?: InstanceRole;
    /** When they proved that the address is theirs; null while they have not. */
    emailVerifiedAt?: Date;
  },
): Promise<void> => {
  await sql`
    insert into auth.people (id, email, name, password_hash, instance_role, email_verified_at)
    values (${person.id}, ${person.email}, ${person.name}, ${person.passwordHash}, ${person.instanceRole ?? null},
      ${person.emailVerifiedAt ?? null})`.catch(
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
    values (${personId}, ${organisationId}, ${role})`.catch(
    dbError({ memberships_pkey: "They are a member of this organisation already." }),
  );
};

export const countPeople = async (sql: Db): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from auth.people`;
  return row?.count ?? 0;
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
