import type { Db } from "@homeport/kit/db/connect.ts";
import { isId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { PlatformOrganisation } from "../platform-organisation.ts";

const columns = (sql: Db) => sql`
  o.id, o.slug, o.name, o.created_at as "createdAt",
  (select count(*)::int from auth.memberships m where m.organisation_id = o.id) as "memberCount",
  (select count(*)::int from auth.projects p where p.organisation_id = o.id) as "projectCount"`;

const isNamed = (sql: Db, reference: string) =>
  isId(reference) ? sql`o.id = ${reference}` : sql`o.slug = ${reference}`;

/** Every organisation by slug, after the slug in `after`. */
export const listPlatformOrganisations = (sql: Db, after: string, limit: number): Promise<PlatformOrganisation[]> =>
  sql<PlatformOrganisation[]>`
    select ${columns(sql)}
    from auth.organisations o
    where o.slug > ${after}
    order by o.slug
    limit ${limit}`;

/** By slug or id. Until the transaction ends nobody joins, leaves or changes it. */
export const lockOrganisation = async (tx: Db, reference: string): Promise<void> => {
  await tx`
    select o.id
    from auth.organisations o
    where ${isNamed(tx, reference)}
    for update`;
};

/** By slug or id. */
export const findPlatformOrganisation = async (sql: Db, reference: string): Promise<PlatformOrganisation | null> => {
  const [row] = await sql<PlatformOrganisation[]>`
    select ${columns(sql)} from auth.organisations o where ${isNamed(sql, reference)}`;
  return row ?? null;
};

export const renameOrganisation = async (sql: Db, id: OrganisationId, name: string): Promise<void> => {
  await sql`update auth.organisations set name = ${name} where id = ${id}`;
};

/** Whether somebody belongs to any organisation besides `id`. */
export const hasAnotherOrganisation = async (sql: Db, personId: PersonId, id: OrganisationId): Promise<boolean> => {
  const rows = await sql`
    select organisation_id
    from auth.memberships
    where person_id = ${personId} and organisation_id <> ${id}
    limit 1`;
  return rows.length === 1;
};
