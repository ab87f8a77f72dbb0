import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { contract } from "../contract.ts";
import { sessionCookie } from "../cookie.ts";
import type { ApiTokens } from "../service/api-tokens.ts";
import { resolveCredential } from "../service/credentials.ts";
import type { Sessions } from "../service/sessions.ts";
import type { Setup } from "../service/setup.ts";
import { listApiTokens } from "../store/api-tokens.ts";
import { findMembership, listMembers } from "../store/people.ts";
import { listSessions, removeSession } from "../store/sessions.ts";
import { apiTokenToWire, sessionToWire, signedInToWire } from "./wire.ts";

export type Services = { sql: Sql; setup: Setup; sessions: Sessions; tokens: ApiTokens };

export const handlers = ({ sql, setup, sessions, tokens }: Services): Handlers<typeof contract> => ({
  setup: {
    status: async () => ({ needed: await setup.isNeeded() }),
    claim: async (context, input) => {
      const member = await setup.claim(input);
      const token = await sessions.open(member.personId, member.organisationId, clientOf(context));
      context.responseHeaders.append("set-cookie", sessionCookie(token, context.origin));
      return signedInToWire(member);
    },
  },
  sessions: {
    create: async (context, { email, password }) => {
      const { member, token } = await sessions.signIn(email, password, clientOf(context));
      context.responseHeaders.append("set-cookie", sessionCookie(token, context.origin));
      return signedInToWire(member);
    },
    list: async (context) => {
      const member = memberOf(context);
      const own = await listSessions(sql, member.personId as PersonId);
      return { items: own.map((session) => sessionToWire(session, sessionIdOf(member))) };
    },
    revoke: async (context, { session }) => ({
      removed: await removeSession(sql, memberOf(context).personId as PersonId, session),
    }),
    revokeAll: async (context) => ({ removed: await sessions.endAll(memberOf(context).personId as PersonId) }),
  },
  me: async (context) => {
    const { personId, organisationId } = memberOf(context);
    const member = await findMembership(sql, personId as PersonId, organisationId as OrganisationId);
    if (member === null) throw new DomainError("not_found", "You are no longer a member of this organisation.");
    return signedInToWire(member);
  },
  members: async (context, { cursor, limit }) => {
    const organisationId = memberOf(context).organisationId as OrganisationId;
    const members = await listMembers(sql, organisationId, cursor ?? "", limit + 1);
    const page = members.slice(0, limit);
    return {
      items: page.map((member) => ({ ...member, joinedAt: member.joinedAt.toISOString() })),
      nextCursor: members.length > limit ? (page.at(-1)?.email ?? null) : null,
    };
  },
  tokens: {
    create: async (context, input) => {
      const { token, record } = await tokens.create(memberOf(context), input);
      return { ...apiTokenToWire(record), token: token.reveal() };
    },
    list: async (context) => {
      const own = await listApiTokens(sql, memberOf(context).personId as PersonId);
      return { items: own.map(apiTokenToWire) };
    },
    revoke: async (context, { token }) => ({ removed: await tokens.revoke(memberOf(context), token) }),
  },
  credentials: {
    resolve: async (_context, { kind, value }) => ({
      principal: await resolveCredential(sessions, tokens, { kind, value: new Secret(value) }),
    }),
  },
});

const clientOf = (context: { headers: Headers; clientAddress: string }) => ({
  userAgent: context.headers.get("user-agent") ?? "",
  address: context.clientAddress,
});

const sessionIdOf = (member: MemberPrincipal): string | null => (member.kind === "person" ? member.sessionId : null);
