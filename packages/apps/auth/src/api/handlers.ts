import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { toClient } from "../client.ts";
import type { contract } from "../contract.ts";
import { sessionCookie } from "../cookie.ts";
import { resolveCredential } from "../service/credentials.ts";
import type { UseCases } from "../service/use-cases.ts";
import { apiTokenToWire, memberToWire, sessionToWire, signedInToWire } from "./wire.ts";

export const handlers = ({ setup, sessions, tokens, people, gates }: UseCases): Handlers<typeof contract> => ({
  setup: {
    status: async () => ({ needed: await setup.isNeeded() }),
    claim: async (context, input) => {
      const member = await setup.claim(input);
      const token = await sessions.open(member.personId, member.organisationId, toClient(context));
      context.responseHeaders.append("set-cookie", sessionCookie(token, context.origin));
      return signedInToWire(member);
    },
  },
  sessions: {
    create: async (context, { email, password }) => {
      const { member, token } = await sessions.signIn(email, password, toClient(context));
      context.responseHeaders.append("set-cookie", sessionCookie(token, context.origin));
      return signedInToWire(member);
    },
    list: async (context) => {
      const member = memberOf(context);
      const currentId = member.kind === "person" ? member.sessionId : null;
      const own = await sessions.list(member.personId as PersonId);
      return { items: own.map((session) => sessionToWire(session, currentId)) };
    },
    revoke: async (context, { session }) => ({
      removed: await sessions.endOne(memberOf(context).personId as PersonId, session),
    }),
    revokeAll: async (context) => ({ removed: await sessions.endAll(memberOf(context).personId as PersonId) }),
  },
  me: async (context) => signedInToWire(await people.getMembership(memberOf(context))),
  members: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await people.listMembers(memberOf(context), cursor ?? "", limit);
    return { items: items.map(memberToWire), nextCursor };
  },
  tokens: {
    create: async (context, input) => {
      const { token, record } = await tokens.create(memberOf(context), input);
      return { ...apiTokenToWire(record), token: token.reveal() };
    },
    list: async (context) => ({ items: (await tokens.list(memberOf(context))).map(apiTokenToWire) }),
    revoke: async (context, { token }) => ({ removed: await tokens.revoke(memberOf(context), token) }),
  },
  credentials: {
    resolve: async (_context, { kind, value }) => ({
      principal: await resolveCredential(sessions, tokens, { kind, value: new Secret(value) }),
    }),
  },
  gate: {
    check: (_context, { credential, organisationId }) => gates.check(credential, organisationId),
    redeem: async (_context, shown) => ({ sessionId: await gates.redeem(shown) }),
  },
});
