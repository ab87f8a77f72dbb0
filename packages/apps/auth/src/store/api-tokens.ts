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
  token: Omit<ApiToken, "createdAt" | "lastUsedAt"> & { tokenHash: Uint8Array; madeBy: string | null },
): Promise<ApiToken> => {
  const [row] = await sql<ApiToken[]>`
    insert into auth.api_tokens (id, person_id, service_account_id, organisation_id, name, token_hash, hint, scopes,
      expires_at, made_by)
    values (${token.id}, ${token.personId}, ${token.serviceAccountId}, ${token.organisationId}, ${token.name}, ${token.tokenHash}, ${token.hint},
      ${token.scopes}, ${token.expiresAt}, ${token.madeBy})
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

/**
 * Removes a token with those that were made with it, by as many steps as it took; none when it was gone. One that is being
 * made is waited for.
 */
export const removeApiToken = async (tx: Db, holder: TokenHolder, id: string): Promise<ApiToken[]> => {
  await isHolderLocked(tx, holder);
  return tx<ApiToken[]>`
    with recursive ending as (
      select id from auth.api_tokens where ${heldBy(tx, holder)} and id = ${id}
      union
      select made.id
      from auth.api_tokens made
      join ending on made.made_by = ending.id
    )
    delete from auth.api_tokens
    where ${heldBy(tx, holder)} and id in (select id from ending)
    returning ${columns(tx)}`;
};

/** Makes the tokens that were made with this one stand for themselves. */
export const forgetMaker = async (tx: Db, holder: TokenHolder, id: string): Promise<void> => {
  await tx`update auth.api_tokens set made_by = null where ${heldBy(tx, holder)} and made_by = ${id}`;
};

/** How many tokens a holder has; null when there is none any more. Within the transaction nobody else counts or adds any. */
export const countApiTokensLocked = async (tx: Db, holder: TokenHolder): Promise<number | null> => {
  if (!(await isHolderLocked(tx, holder))) return null;
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from auth.api_tokens where ${heldBy(tx, holder)}`;
  return row?.count ?? 0;
};

/** False when the holder is gone. */
const isHolderLocked = async (tx: Db, holder: TokenHolder): Promise<boolean> => {
  const locked =
    holder.personId === null
      ? await tx`
          select id from auth.service_accounts
          where organisation_id = ${holder.organisationId} and id = ${holder.serviceAccountId}
          for no key update`
      : await tx`
          select p.id from auth.people p
          join auth.memberships m on m.person_id = p.id and m.organisation_id = ${holder.organisationId}
          where p.id = ${holder.personId}
          for no key update of p for key share of m`;
  return locked.length === 1;
};

/** When a token that is still there ends. Until the transaction does nobody revokes it. */
export const findApiTokenEndLocked = async (tx: Db, id: string): Promise<{ expiresAt: Date | null } | null> => {
  const [row] = await tx<{ expiresAt: Date | null }[]>`
    select expires_at as "expiresAt" from auth.api_tokens where id = ${id} for key share`;
  return row ?? null;
};

export const removeTokensExpiredBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from auth.api_tokens where expires_at < ${before}`;
};
