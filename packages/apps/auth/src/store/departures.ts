import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { Tie } from "../account.ts";

/** Organisations of a person. Until the transaction ends nobody joins or leaves them. */
export const lockOrganisationsOf = async (tx: Db, personId: PersonId): Promise<OrganisationId[]> => {
  const rows = await tx<{ id: OrganisationId }[]>`
    select o.id
    from auth.organisations o
    where o.id in (select m.organisation_id from auth.memberships m where m.person_id = ${personId})
    order by o.id
    for update`;
  return rows.map(({ id }) => id);
};

/** What ties a person to each of their organisations; owners who are suspended count as none. */
export const listTies = (sql: Db, personId: PersonId): Promise<(Tie & { role: Role })[]> => sql<
  (Tie & { role: Role })[]
>`
  select o.id, o.slug, own.role,
    count(others.person_id)::int as "otherMembers",
    (count(*) filter (where others.role = 'owner' and p.suspended_at is null))::int as "otherOwners",
    (select count(*)::int from auth.projects pr where pr.organisation_id = o.id) as "projects"
  from auth.memberships own
  join auth.organisations o on o.id = own.organisation_id
  left join auth.memberships others on others.organisation_id = o.id and others.person_id <> own.person_id
  left join auth.people p on p.id = others.person_id
  where own.person_id = ${personId}
  group by o.id, o.slug, own.role
  order by o.slug`;

/** With everything in them that this app keeps. */
export const removeOrganisations = async (sql: Db, ids: readonly OrganisationId[]): Promise<void> => {
  await sql`delete from auth.organisations where id = any(${[...ids]}::uuid[])`;
};
