import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { Email, Password, PersonName, Reference, Removed, SignedIn } from "./nouns.ts";

export const InviteWire = z.object({
  id: z.uuid(),
  email: z.string(),
  role: Role,
  /** The slugs of the teams they will be in. */
  teams: z.array(z.string()),
  /** The name of who invites; null when they are gone: then nobody can accept it. */
  invitedBy: z.string().nullable(),
  createdAt: Instant,
  expiresAt: Instant,
});

/** `link` is shown in this answer only; `mailed` tells whether it is on its way to them as well. */
const SentInvite = z.object({ invite: InviteWire, link: z.url(), mailed: z.boolean() });

const InviteToken = z.string().min(1).max(100);

export const inviteContract = {
  list: route({
    method: "GET",
    path: "/invites",
    action: "invite:read",
    resource: "organisation",
    summary: "List the invites that are open",
    input: PageQuery,
    output: pageOf(InviteWire),
  }),
  create: route({
    method: "POST",
    path: "/invites",
    action: "invite:write",
    resource: "organisation",
    summary: "Invite somebody into your organisation; the link is shown once and works for 7 days",
    input: z.strictObject({
      email: Email,
      role: Role.default("member"),
      teams: z.array(Reference).max(20).default([]),
    }),
    output: SentInvite,
    status: 201,
  }),
  resend: route({
    method: "POST",
    path: "/invites/{invite}/resend",
    action: "invite:write",
    resource: "invite",
    summary: "Make a new link for an invite; the one before ends",
    input: z.object({ invite: z.uuid() }),
    output: SentInvite,
  }),
  revoke: route({
    method: "DELETE",
    path: "/invites/{invite}",
    action: "invite:write",
    resource: "invite",
    summary: "Revoke an invite",
    input: z.object({ invite: z.uuid() }),
    output: Removed,
  }),
  lookup: route({
    method: "POST",
    path: "/invites/lookup",
    action: "invite:accept",
    resource: "public",
    summary: "Say what an invite is for",
    input: z.strictObject({ token: InviteToken }),
    output: z.object({
      organisation: z.object({ slug: z.string(), name: z.string() }),
      email: z.string(),
      role: Role,
      /** Whether accepting makes an account; otherwise the one of this address has to be signed in. */
      needsAccount: z.boolean(),
    }),
  }),
  accept: route({
    method: "POST",
    path: "/invites/accept",
    action: "invite:accept",
    resource: "public",
    summary: "Accept an invite, with a name and a password for a new account",
    input: z.strictObject({ token: InviteToken, name: PersonName.optional(), password: Password.optional() }),
    output: SignedIn,
    status: 201,
  }),
};
