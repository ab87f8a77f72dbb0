import type { Db } from "@homeport/kit/db/connect.ts";
import { type ApiToken, type ApiTokenId, MAX_API_TOKENS, type TokenHolder, type TokenOwner } from "../api-token.ts";
import { grantsOfPerson, grantsOfServiceAccount } from "./principal-grants.ts";

const columns = (sql: Db) => sql`
  id, person_id as "personId", service_account_id as "serviceAccountId", organisation_id as "organisationId", name, hint,
  scopes, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"`;

/** The tokens of one holder: a person's in one organisation, or a service account's. */
const heldBy = (sql: Db, { organisationId, personId, serviceAccountId }: TokenHolder) =>
  personId === null
    ? sql`organisation_id = ${organisationId} and service_account_id = ${serviceAccountId}`
    : sql`organisation_id = ${organisationId} and person_id = ${personId}`;

export const insertApiToken = async (
  sql: Db,
  token: Omit<ApiToken, "createdAt" | "lastUsedAt"> & { tokenHash: Uint8Array },
): Promise<ApiToken> => {
  const [row] = await sql<ApiToken[]>`
    insert into auth.api_tokens (id, person_id, service_account_id, organisation_id, name, token_hash, hint, scopes,
      expires_at)
    values (${token.id}, ${token.personId}, ${token.serviceAccountId}, ${token.organisationId}, ${token.name}, ${token.tokenHash}, ${token.hint},
      ${token.scopes}, ${token.expiresAt})
    returning ${columns(sql)}`;
  return row as ApiToken;
};

/** A token of somebody who may sign in, or of a service account, whether or not it has expired. */
export const findApiToken = async (sql: Db, tokenHash: Uint8Array): Promise<TokenOwner | null> => {
  const [row] = await sql<TokenOwner[]>`
    select t.id, t.person_id as "personId", t.service_account_id as "serviceAccountId",
      t.organisation_id as "organisationId", t.name, t.hint, t.scopes, t.created_at as "createdAt",
      t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt", o.slug as "organisationSlug",
      p.email, p.instance_role as "instanceRole", coalesce(p.name, a.slug) as "ownerName",
      coalesce(m.role, a.role) as "role",
      case when t.person_id is null then ${grantsOfServiceAccount(sql, sql`t.organisation_id`, sql`a.id`)}
        else ${grantsOfPerson(sql, sql`t.organisation_id`, sql`t.person_id`)} end as "grants"
    from auth.api_tokens t
    join auth.organisations o on o.id = t.organisation_id
    left join auth.people p on p.id = t.person_id and p.suspended_at is null
    left join auth.memberships m on m.person_id = p.id and m.organisation_id = t.organisation_id
    left join auth.service_accounts a on a.organisation_id = t.organisation_id and a.id = t.service_account_id
    where t.token_hash = ${tokenHash} and (m.person_id is not null or a.id is not null)`;
  return row ?? null;
};

export const touchApiToken = async (sql: Db, id: ApiTokenId, now: Date): Promise<void> => {
  await sql`update auth.api_tokens set last_used_at = ${now} where id = ${id}`;
};

/** Newest first. */
export const listApiTokens = (sql: Db, holder: TokenHolder): Promise<ApiToken[]> => sql<ApiToken[]>`
  select ${columns(sql)}
  from auth.api_tokens
  where ${heldBy(sql, holder)}
  order by created_at desc, id
  limit ${MAX_API_TOKENS}`;

export const isHeldApiToken = async (sql: Db, holder: TokenHolder, id: string): Promise<boolean> => {
  const rows = await sql`select id from auth.api_tokens where ${heldBy(sql, holder)} and id = ${id}`;
  return rows.length === 1;
};

/** The one that ended; null when there was none. */
export const removeApiToken = async (sql: Db, holder: TokenHolder, id: string): Promise<ApiToken | null> => {
  const [row] = await sql<ApiToken[]>`
    delete from auth.api_tokens where ${heldBy(sql, holder)} and id = ${id} returning ${columns(sql)}`;
  return row ?? null;
};

/** How many tokens a holder has. Within the transaction nobody else counts or adds any. */
export const countApiTokensLocked = async (tx: Db, holder: TokenHolder): Promise<number> => {
  if (holder.personId !== null) {
    await tx`select id from auth.people where id = ${holder.personId} for no key update`;
  } else {
    await tx`
      select id from auth.service_accounts
      where organisation_id = ${holder.organisationId} and id = ${holder.serviceAccountId}
      for no key update`;
  }
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from auth.api_tokens where ${heldBy(tx, holder)}`;
  return row?.count ?? 0;
};

/** When a token that is still there ends. */
export const findApiTokenEnd = async (sql: Db, id: string): Promise<{ expiresAt: Date | null } | null> => {
  const [row] = await sql<{ expiresAt: Date | null }[]>`
    select expires_at as "expiresAt" from auth.api_tokens where id = ${id}`;
  return row ?? null;
};

export const removeTokensExpiredBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from auth.api_tokens where expires_at < ${before}`;
};
