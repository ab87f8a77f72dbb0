import type { Handlers } from "@homeport/kit/http/api.ts";
import { type CallContext, memberScope, personOf } from "@homeport/kit/http/context.ts";
import { toClient } from "../client.ts";
import type { inviteContract } from "../contract/invites.ts";
import { sessionCookie } from "../cookie.ts";
import type { Invite } from "../invite.ts";
import { callerOf } from "../service/caller.ts";
import type { Inviter, SentInvite } from "../service/invites.ts";
import { inviteIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { signedInToWire } from "./wire.ts";

export const inviteHandlers = ({ invites, acceptInvite, sessions }: UseCases): Handlers<typeof inviteContract> => ({
  list: async (context, { cursor, limit }) => {
    const { items, nextCursor } = await invites.list(callerOf(context), cursor ?? "", limit);
    return { items: items.map(toWire), nextCursor };
  },
  create: async (context, input) => sentToWire(await invites.create(inviterOf(context), input)),
  resend: async (context) => sentToWire(await invites.resend(inviterOf(context), inviteIn(context))),
  revoke: async (context) => ({ removed: await invites.revoke(personOf(context), inviteIn(context)) }),
  lookup: async (_context, { token }) => {
    const { organisationSlug, organisationName, email, role, personId } = await acceptInvite.find(token);
    const organisation = { slug: organisationSlug, name: organisationName };
    return { organisation, email, role, needsAccount: personId === null };
  },
  accept: async (context, { token, ...given }) => {
    const client = toClient(context);
    const { membership, isNew } = await acceptInvite.accept(token, context.principal, given, client);
    if (isNew) {
      const session = await sessions.open(membership.personId, membership.organisationId, client);
      context.responseHeaders.append("set-cookie", sessionCookie(session, context.origin));
    }
    return signedInToWire(membership);
  },
});

const inviterOf = (context: CallContext): Inviter => ({ member: personOf(context), scope: memberScope(context) });

const toWire = ({ id, email, role, teams, invitedBy, createdAt, expiresAt }: Invite) => ({
  id,
  email,
  role,
  teams,
  invitedBy,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});

const sentToWire = ({ invite, link, mailed }: SentInvite) => ({ invite: toWire(invite), link, mailed });
