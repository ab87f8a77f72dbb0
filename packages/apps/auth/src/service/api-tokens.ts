import { coversAction } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { SEEN_EVERY_MS } from "../session.ts";
import {
  type ApiToken,
  type ApiTokenId,
  findApiToken,
  insertApiToken,
  removeApiToken,
  type TokenOwner,
  touchApiToken,
} from "../store/api-tokens.ts";
import { hashToken, isApiToken, newApiToken, tokenHint } from "../token.ts";

const DAY_MS = 24 * 3600 * 1000;

export type NewApiToken = { name: string; scopes: string[]; expiresInDays: number };

export const createApiTokens = (sql: Sql) => ({
  /**
   * Makes a token of the caller's. One made by another token is never wider than that token.
   *
   * @throws {DomainError} forbidden
   */
  async create(member: MemberPrincipal, wanted: NewApiToken): Promise<{ token: Secret; record: ApiToken }> {
    const tooWide = member.kind === "token" && wanted.scopes.find((scope) => !isWithin(scope, member.scopes));
    if (tooWide) throw new DomainError("forbidden", `Your token does not cover ${tooWide}, so it cannot hand that on.`);
    const token = newApiToken();
    const record = await sql.begin(async (tx) => {
      const inserted = await insertApiToken(tx, {
        id: newId<ApiTokenId>(),
        personId: member.personId as PersonId,
        organisationId: member.organisationId as OrganisationId,
        name: wanted.name,
        tokenHash: hashToken(token),
        hint: tokenHint(token),
        scopes: wanted.scopes,
        expiresAt: new Date(Date.now() + wanted.expiresInDays * DAY_MS),
      });
      await emit(tx, tokenEvent("auth.token.created", member, inserted.id));
      return inserted;
    });
    return { token, record };
  },

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
});

export type ApiTokens = ReturnType<typeof createApiTokens>;

/** A pattern is within others when one of them covers every action that it covers. */
const isWithin = (scope: string, others: readonly string[]): boolean =>
  others.some((other) => other === "*" || other === scope || (scope !== "*" && coversAction(other, scope)));

const tokenEvent = (type: string, member: MemberPrincipal, tokenId: string) => ({
  type,
  source: "auth",
  organisationId: member.organisationId,
  subject: tokenId,
  data: { tokenId },
  actor: { kind: member.kind, personId: member.personId },
});
