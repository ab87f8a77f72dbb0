import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import { actorOf, type HumanPrincipal, type MemberPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import {
  type ApiToken,
  type ApiTokenId,
  KEPT_AFTER_EXPIRY_MS,
  MAX_API_TOKENS,
  type TokenHolder,
  type TokenOwner,
} from "../api-token.ts";
import type { DeclaredActions } from "../ports.ts";
import type { ServiceAccount } from "../service-account.ts";
import { SEEN_EVERY_MS } from "../session.ts";
import {
  countApiTokensLocked,
  findApiToken,
  findApiTokenEndLocked,
  forgetMaker,
  insertApiToken,
  listApiTokens,
  removeApiToken,
  removeTokensExpiredBefore,
  touchApiToken,
} from "../store/api-tokens.ts";
import { hashToken, isApiToken, newApiToken, tokenHint } from "../token.ts";
import { announceAccess } from "./access-changed.ts";
import { record } from "./record.ts";
import { refuseWiderScopes, resolveScopes } from "./token-scopes.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Scopes may name projects and environments by their slugs. */
export type NewApiToken = { name: string; scopes: string[]; expiresInDays: number };

export type MadeApiToken = { token: Secret; record: ApiToken };

export const createApiTokens = (sql: Sql, actions: DeclaredActions) => ({
  /**
   * Makes a token of the caller's. One made by another token is never wider than that token, and ends with it.
   *
   * @throws {DomainError} invalid, for a scope about what is not there; forbidden; unverified; conflict, beyond the limit
   */
  create: (member: HumanPrincipal, wanted: NewApiToken): Promise<MadeApiToken> =>
    make(sql, actions, member, own(member), wanted),

  /**
   * Makes a token of a service account, under the same rules; but it goes on when a token of somebody else's that it was
   * made with is revoked.
   *
   * @throws {DomainError} the same
   */
  createFor: (maker: MemberPrincipal, account: ServiceAccount, wanted: NewApiToken): Promise<MadeApiToken> =>
    make(sql, actions, maker, of(account), wanted),

  /** A person's tokens in the organisation they work in, newest first. */
  list: (member: HumanPrincipal): Promise<ApiToken[]> => listApiTokens(sql, own(member)),

  listOf: (account: ServiceAccount): Promise<ApiToken[]> => listApiTokens(sql, of(account)),

  /**
   * How many ended: it, and those made with it, because who stole it may have made them; none when it was over already.
   * `keepMade` is for who lays their own down.
   */
  revoke: (member: HumanPrincipal, id: string, keepMade = false): Promise<number> =>
    revoke(sql, member, own(member), id, keepMade),

  revokeOf: (member: MemberPrincipal, account: ServiceAccount, id: string): Promise<number> =>
    revoke(sql, member, of(account), id, false),

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

const own = ({ organisationId, personId }: HumanPrincipal): TokenHolder => ({
  organisationId: organisationId as OrganisationId,
  personId: personId as PersonId,
  serviceAccountId: null,
});

const of = ({ organisationId, id }: ServiceAccount): TokenHolder => ({
  organisationId,
  personId: null,
  serviceAccountId: id,
});

const make = async (
  sql: Sql,
  actions: DeclaredActions,
  maker: MemberPrincipal,
  holder: TokenHolder,
  wanted: NewApiToken,
): Promise<MadeApiToken> => {
  const token = newApiToken();
  const declared = await actions.read();
  const made = await sql.begin(async (tx) => {
    const scopes = await resolveScopes(tx, maker, wanted.scopes);
    refuseWiderScopes(maker, scopes, declared, new Date());
    const count = await countApiTokensLocked(tx, holder);
    if (count === null) throw new DomainError("conflict", "Whoever the token would belong to is no longer there.");
    if (count >= MAX_API_TOKENS) {
      throw new DomainError(
        "conflict",
        `There are ${MAX_API_TOKENS} API tokens already. Revoke one that is not used any more.`,
      );
    }
    const inserted = await insertApiToken(tx, {
      ...holder,
      id: newId<ApiTokenId>(),
      name: wanted.name,
      tokenHash: hashToken(token),
      hint: tokenHint(token),
      scopes,
      expiresAt: await endOf(tx, maker, wanted.expiresInDays),
      madeBy: isHolder(maker, holder) ? maker.tokenId : null,
    });
    await recordToken(tx, maker, inserted, "create");
    return inserted;
  });
  return { token, record: made };
};

const revoke = (
  sql: Sql,
  member: MemberPrincipal,
  holder: TokenHolder,
  id: string,
  keepMade: boolean,
): Promise<number> =>
  sql.begin(async (tx) => {
    if (keepMade) await forgetMaker(tx, holder, id);
    const removed = await removeApiToken(tx, holder, id);
    for (const token of removed) {
      await recordToken(tx, member, token, "revoke");
      await announceAccess(tx, token.organisationId, { tokenId: token.id });
    }
    return removed.length;
  });

/** Whether a token was made with another one of the same person or service account. */
const isHolder = (
  maker: MemberPrincipal,
  { personId, serviceAccountId }: TokenHolder,
): maker is Exclude<MemberPrincipal, { kind: "person" }> =>
  maker.kind === "service"
    ? maker.serviceAccountId === serviceAccountId
    : maker.kind === "token" && maker.personId === personId;

/** @throws {DomainError} forbidden, when the maker's own token is gone by now */
const endOf = async (tx: Tx, maker: MemberPrincipal, days: number): Promise<Date> => {
  const wanted = new Date(Date.now() + days * DAY_MS);
  if (maker.kind === "person") return wanted;
  const ownEnd = await findApiTokenEndLocked(tx, maker.tokenId);
  if (ownEnd === null) throw new DomainError("forbidden", "Your token was revoked.");
  return ownEnd.expiresAt !== null && ownEnd.expiresAt < wanted ? ownEnd.expiresAt : wanted;
};

const EVENTS = { create: "auth.token.created", revoke: "auth.token.revoked" } as const;

const recordToken = (tx: Tx, member: MemberPrincipal, token: ApiToken, verb: keyof typeof EVENTS): Promise<void> => {
  const { id, organisationId, name, scopes, expiresAt, personId, serviceAccountId } = token;
  const values = { name, scopes, expiresAt, ...(personId === null ? { serviceAccountId } : { personId }) };
  return record(tx, {
    action: `token:${verb}`,
    event: EVENTS[verb],
    organisationId,
    subject: { kind: "token", id, name },
    actor: actorOf(member),
    before: verb === "revoke" ? values : null,
    after: verb === "create" ? values : null,
    data: { tokenId: id, ...(serviceAccountId === null ? {} : { serviceAccountId }) },
  });
};
