import type { Handlers } from "@homeport/kit/http/api.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { toClient } from "../client.ts";
import type { contract } from "../contract.ts";
import { sessionCookie } from "../cookie.ts";
import { resolveCredential } from "../service/credentials.ts";
import type { UseCases } from "../service/use-cases.ts";
import { auditHandlers } from "./audit.ts";
import { grantHandlers } from "./grants.ts";
import { inviteHandlers } from "./invites.ts";
import { memberHandlers } from "./members.ts";
import { organisationHandlers } from "./organisations.ts";
import { peopleHandlers } from "./people.ts";
import { platformOrganisationHandlers } from "./platform-organisations.ts";
import { meHandler, profileHandlers, whoamiHandler } from "./profile.ts";
import { serviceAccountHandlers } from "./service-accounts.ts";
import {
  authenticatorHandlers,
  createSession,
  deviceHandlers,
  mailHandlers,
  passwordHandlers,
  ruleHandlers,
  signInHandlers,
} from "./sign-in.ts";
import { teamHandlers } from "./teams.ts";
import { apiTokenToWire, sessionToWire, signedInToWire } from "./wire.ts";

export const handlers = (useCases: UseCases): Handlers<typeof contract> => {
  const { setup, sessions, tokens, gates, auditLogs } = useCases;
  return {
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
      create: createSession(useCases),
      list: async (context) => {
        const member = personOf(context);
        const currentId = member.kind === "person" ? member.sessionId : null;
        const own = await sessions.list(member.personId as PersonId);
        return { items: own.map((session) => sessionToWire(session, currentId)) };
      },
      revoke: async (context, { session }) => ({
        removed: await sessions.endOne(personOf(context), session),
      }),
      revokeAll: async (context) => ({ removed: await sessions.endAll(personOf(context)) }),
      revokeOthers: async (context) => ({ removed: await sessions.endOthers(personOf(context)) }),
    },
    me: meHandler(useCases),
    whoami: whoamiHandler(useCases),
    profile: profileHandlers(useCases),
    people: peopleHandlers(useCases),
    platformOrganisations: platformOrganisationHandlers(useCases),
    organisations: organisationHandlers(useCases),
    members: memberHandlers(useCases),
    teams: teamHandlers(useCases),
    grants: grantHandlers(useCases),
    invites: inviteHandlers(useCases),
    serviceAccounts: serviceAccountHandlers(useCases),
    tokens: {
      create: async (context, input) => {
        const { token, record } = await tokens.create(personOf(context), input);
        return { ...apiTokenToWire(record), token: token.reveal() };
      },
      list: async (context) => ({ items: (await tokens.list(personOf(context))).map(apiTokenToWire) }),
      revoke: async (context, { token, keepMade }) => ({
        removed: await tokens.revoke(personOf(context), token, keepMade),
      }),
    },
    signIn: signInHandlers(useCases),
    password: passwordHandlers(useCases),
    authenticator: authenticatorHandlers(useCases),
    rules: ruleHandlers(useCases),
    device: deviceHandlers(useCases),
    mail: mailHandlers(useCases),
    credentials: {
      resolve: async (_context, { kind, value }) => ({
        principal: await resolveCredential(sessions, tokens, { kind, value: new Secret(value) }),
      }),
    },
    gate: {
      check: (_context, { credential, organisationId }) => gates.check(credential, organisationId),
      redeem: async (_context, shown) => ({ sessionId: await gates.redeem(shown) }),
    },
    ...auditHandlers(auditLogs),
  };
};
