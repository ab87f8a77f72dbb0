import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberOf, personOf } from "@homeport/kit/http/context.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { me, profileContract, whoami } from "../contract/profile.ts";
import { endedCookie } from "../cookie.ts";
import { callerOf } from "../service/caller.ts";
import type { UseCases } from "../service/use-cases.ts";
import { accountToWire } from "./account-wire.ts";
import { signedInToWire } from "./wire.ts";

export const meHandler =
  ({ people, profiles }: UseCases): Handlers<typeof me> =>
  async (context) => {
    const member = personOf(context);
    const [membership, account] = await Promise.all([people.getMembership(member), profiles.get(member)]);
    const { instanceRole, emailVerified, hasPassword, hasAuthenticator, organisations } = accountToWire(account);
    return {
      ...signedInToWire(membership),
      instanceRole,
      emailVerified,
      hasPassword,
      hasAuthenticator,
      organisations,
    };
  };

/** Open to every scope, because a token that may not read its own scopes cannot say what it lacks. */
export const whoamiHandler =
  ({ organisations }: UseCases): Handlers<typeof whoami> =>
  async (context) => {
    if (context.principal.kind === "anonymous") throw new DomainError("unauthenticated", "Sign in first.");
    const member = memberOf(context);
    const { id, slug, name } = await organisations.get(callerOf(context));
    return {
      kind: member.kind,
      name: member.name,
      organisation: { id, slug, name },
      role: member.role,
      instanceRole: member.kind === "service" ? null : member.instanceRole,
      scopes: member.kind === "person" ? null : member.scopes,
    };
  };

export const profileHandlers = ({
  profiles,
  emailChanges,
  departures,
}: UseCases): Handlers<typeof profileContract> => ({
  update: (context, { name }) => profiles.rename(personOf(context), name),
  changeEmail: async (context, { email }) => {
    await emailChanges.ask(personOf(context), email);
    return { sent: true };
  },
  confirmEmail: (_context, { token }) => emailChanges.confirm(new Secret(token)),
  remove: async (context, { confirm }) => {
    const { organisations } = await departures.leave(personOf(context), confirm);
    endCookie(context);
    return { removed: true, organisations };
  },
});

const endCookie = ({ principal, responseHeaders, origin }: CallContext): void => {
  if (principal.kind === "person") responseHeaders.append("set-cookie", endedCookie(origin));
};
