import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId } from "@homeport/kit/ids.ts";
import type { ServiceAccount } from "../service-account.ts";

const columns = (sql: Db) => sql`
  a.id, a.organisation_id as "organisationId", a.slug, a.description, a.role, a.created_at as "createdAt",
  (
    select count(*)::int from auth.api_tokens t
    where t.organisation_id = a.organisation_id and t.service_account_id = a.id
  ) as "tokenCount",
  (
    select count(*)::int from auth.grants g
    where g.organisation_id = a.organisation_id and g.service_account_id = a.id
  ) as "grantCount"`;

/** Service accounts by slug, after the slug in `after`. */
export const listServiceAccounts = (
  sql: Db,
  scope: Scope,
  after: string,
  limit: number,
): Promise<ServiceAccount[]> => sql<ServiceAccount[]>`
  select ${columns(sql)}
  from auth.service_accounts a
  where a.organisation_id = ${scope.organisationId} and a.slug > ${after}
  order by a.slug
  limit ${limit}`;

/** By slug or id. */
export const findServiceAccount = async (sql: Db, scope: Scope, reference: string): Promise<ServiceAccount | null> => {
  const [row] = await sql<ServiceAccount[]>`
    select ${columns(sql)}
    from auth.service_accounts a
    where a.organisation_id = ${scope.organisationId}
      and ${isId(reference) ? sql`a.id = ${reference}` : sql`a.slug = ${reference}`}`;
  return row ?? null;
};

export const countServiceAccounts = async (sql: Db, scope: Scope): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from auth.service_accounts where organisation_id = ${scope.organisationId}`;
  return row?.count ?? 0;
};

export const insertServiceAccount = async (
  sql: Db,
  scope: Scope,
  account: Pick<ServiceAccount, "id" | "slug" | "description" | "role">,
): Promise<void> => {
  await sql`
    insert into auth.service_accounts (id, organisation_id, slug, description, role)
    values (${account.id}, ${scope.organisationId}, ${account.slug}, ${account.description}, ${account.role})`.catch(
    dbError({ service_accounts_slug_key: `There is a service account "${account.slug}" already.` }),
  );
};

export const updateServiceAccount = async (
  sql: Db,
  { organisationId, id }: ServiceAccount,
  { description, role }: Pick<ServiceAccount, "description" | "role">,
): Promise<void> => {
  await sql`
    update auth.service_accounts set description = ${description}, role = ${role}
    where organisation_id = ${organisationId} and id = ${id}`;
};

/** With its tokens and its roles in projects; 0 when it was gone. */
export const removeServiceAccount = async (sql: Db, { organisationId, id }: ServiceAccount): Promise<number> => {
  const removed = await sql`
    delete from auth.service_accounts where organisation_id = ${organisationId} and id = ${id} returning id`;
  return removed.length;
};
