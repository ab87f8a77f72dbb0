import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { type ApiToken, type ApiTokenId, MAX_API_TOKENS, type TokenOwner } from "../api-token.ts";

export const insertApiToken = async (
  sql: Db,
  token: Omit<ApiToken, "createdAt" | "lastUsedAt"> & { tokenHash: Uint8Array },
): Promise<ApiToken> => {
  const [row] = await sql<ApiToken[]>`
    insert into auth.api_tokens (id, person_id, organisation_id, name, token_hash, hint, scopes, expires_at)
    values (${token.id}, ${token.personId}, ${token.organisationId}, ${token.name}, ${token.tokenHash}, ${token.hint},
      ${token.scopes}, ${token.expiresAt})
    returning id, person_id as "personId", organisation_id as "organisationId", name, hint, scopes,
      created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"`;
  return row as ApiToken;
};

/** A token with who it belongs to, whether or not it has expired. */
export const findApiToken = async (sql: Db, tokenHash: Uint8Array): Promise<TokenOwner | null> => {
  const [row] = await sql<TokenOwner[]>`
    select t.id, t.person_id as "personId", t.organisation_id as "organisationId", t.name, t.hint, t.scopes,
      t.created_at as "createdAt", t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt",
      p.email, p.name as "personName", o.slug as "organisationSlug", m.role
    from auth.api_tokens t
    join auth.memberships m on m.person_id = t.person_id and m.organisation_id = t.organisation_id
    join auth.people p on p.id = t.person_id
    join auth.organisations o on o.id = t.organisation_id
    where t.token_hash = ${tokenHash}`;
  return row ?? null;
};

export const touchApiToken = async (sql: Db, id: ApiTokenId, now: Date): Promise<void> => {
  await sql`update auth.api_tokens set last_used_at = ${now} where id = ${id}`;
};

/** A person's tokens, newest first. */
export const listApiTokens = (sql: Db, personId: PersonId): Promise<ApiToken[]> => sql<ApiToken[]>`
  select id, person_id as "personId", organisation_id as "organisationId", name, hint, scopes,
    created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
  from auth.api_tokens
  where person_id = ${personId}
  order by created_at desc, id
  limit ${MAX_API_TOKENS}`;

export const isOwnApiToken = async (sql: Db, personId: PersonId, id: string): Promise<boolean> => {
  const rows = await sql`select id from auth.api_tokens where person_id = ${personId} and id = ${id}`;
  return rows.length === 1;
};

export const removeApiToken = async (sql: Db, personId: PersonId, id: string): Promise<number> => {
  const removed = await sql`delete from auth.api_tokens where person_id = ${personId} and id = ${id} returning id`;
  return removed.length;
};

/** How many tokens a person has. Within the transaction nobody else counts or adds any. */
export const countApiTokensLocked = async (tx: Db, personId: PersonId): Promise<number> => {
  await tx`select id from auth.people where id = ${personId} for update`;
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from auth.api_tokens where person_id = ${personId}`;
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
