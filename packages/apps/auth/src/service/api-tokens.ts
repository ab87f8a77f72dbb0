import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import {
  type ApiToken,
  type ApiTokenId,
  isWithin,
  KEPT_AFTER_EXPIRY_MS,
  MAX_API_TOKENS,
  type TokenOwner,
} from "../api-token.ts";
import { SEEN_EVERY_MS } from "../session.ts";
import {
  countApiTokensLocked,
  findApiToken,
  findApiTokenEnd,
  insertApiToken,
  listApiTokens,
  removeApiToken,
  removeTokensExpiredBefore,
  touchApiToken,
} from "../store/api-tokens.ts";
import { hashToken, isApiToken, newApiToken, tokenHint } from "../token.ts";

const DAY_MS = 24 * 3600 * 1000;

export type NewApiToken = { name: string; scopes: string[]; expiresInDays: number };

export const createApiTokens = (sql: Sql) => ({
  /**
   * Makes a token of the caller's. One made by another token is never wider than that token and does not outlive it.
   *
   * @throws {DomainError} forbidden; conflict, beyond MAX_API_TOKENS
   */
  async create(member: MemberPrincipal, wanted: NewApiToken): Promise<{ token: Secret; record: ApiToken }> {
    const tooWide = member.kind === "token" && wanted.scopes.find((scope) => !isWithin(scope, member.scopes));
    if (tooWide) throw new DomainError("forbidden", `Your token does not cover ${tooWide}, so it cannot hand that on.`);
    const token = newApiToken();
    const personId = member.personId as PersonId;
    const record = await sql.begin(async (tx) => {
      if ((await countApiTokensLocked(tx, personId)) >= MAX_API_TOKENS) {
        throw new DomainError(
          "conflict",
          `You have ${MAX_API_TOKENS} API tokens. Revoke one that is not used any more.`,
        );
      }
      const inserted = await insertApiToken(tx, {
        id: newId<ApiTokenId>(),
        personId,
        organisationId: member.organisationId as OrganisationId,
        name: wanted.name,
        tokenHash: hashToken(token),
        hint: tokenHint(token),
        scopes: wanted.scopes,
        expiresAt: await endOf(tx, member, wanted.expiresInDays),
      });
      await emit(tx, tokenEvent("auth.token.created", member, inserted.id));
      return inserted;
    });
    return { token, record };
  },

  /** A person's tokens, newest first. */
  list: (member: MemberPrincipal): Promise<ApiToken[]> => listApiTokens(sql, member.personId as PersonId),

  async revoke(member: MemberPrincipal, id: string): Promise<number> {
    return sql.begin(async (tx) => {
      const removed = await removeApiToken(tx, member.personId as PersonId, id);
      if (removed > 0) await emit(tx, tokenEvent("auth.token.revoked", member, id));
      return removed;
    });
  },

  /** Null when the token is malformed, unknown, revoked or expired. */
  async resolve(token: Secret, now = new Date()): Promise<TokenOwner | null> {
    if (!isApiToken(token)) return null;
    const found = await findApiToken(sql, hashToken(token));
    if (found === null || (found.expiresAt !== null && found.expiresAt <= now)) return null;
    const unseen = found.lastUsedAt === null || now.getTime() - found.lastUsedAt.getTime() > SEEN_EVERY_MS;
    if (unseen) await touchApiToken(sql, found.id, now);
    return found;
  },

  /** Removes tokens that ended long ago. */
  tidy: (now = new Date()): Promise<void> =>
    removeTokensExpiredBefore(sql, new Date(now.getTime() - KEPT_AFTER_EXPIRY_MS)),
});

export type ApiTokens = ReturnType<typeof createApiTokens>;

/** @throws {DomainError} forbidden, when the caller's own token is gone by now */
const endOf = async (tx: Tx, member: MemberPrincipal, days: number): Promise<Date> => {
  const wanted = new Date(Date.now() + days * DAY_MS);
  if (member.kind !== "token") return wanted;
  const own = await findApiTokenEnd(tx, member.tokenId);
  if (own === null) throw new DomainError("forbidden", "Your token was revoked.");
  return own.expiresAt !== null && own.expiresAt < wanted ? own.expiresAt : wanted;
};

const tokenEvent = (type: string, member: MemberPrincipal, tokenId: string) => ({
  type,
  source: "auth",
  organisationId: member.organisationId,
  subject: tokenId,
  data: { tokenId },
  actor: { kind: member.kind, personId: member.personId },
});
