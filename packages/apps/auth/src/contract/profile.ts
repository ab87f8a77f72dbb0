import { route } from "@homeport/kit/contract.ts";
import { InstanceRole, Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { Email, OrganisationWire, PersonName, PersonWire, SignedIn } from "./nouns.ts";

/** Who somebody is on the platform, besides where they work just now. */
export const Me = SignedIn.extend({
  instanceRole: InstanceRole.nullable(),
  emailVerified: z.boolean(),
  hasPassword: z.boolean(),
  hasAuthenticator: z.boolean(),
  /** All of theirs. */
  organisations: z.array(OrganisationWire.extend({ role: Role })),
});

export const me = route({
  method: "GET",
  path: "/me",
  action: "profile:read",
  resource: "organisation",
  summary: "Say who you are",
  input: z.object({}),
  output: Me,
});

/** Whose a credential is, as far as everybody who holds it may know; `scopes` are null in a browser session. */
const Holder = z.object({
  kind: z.enum(["person", "token", "service"]),
  name: z.string(),
  organisation: OrganisationWire,
  role: Role,
  instanceRole: InstanceRole.nullable(),
  scopes: z.array(z.string()).nullable(),
});

export const whoami = route({
  method: "GET",
  path: "/whoami",
  action: "credential:describe",
  resource: "public",
  summary: "Say whose a session or token is, whatever it may do",
  input: z.object({}),
  output: Holder,
});

export const profileContract = {
  update: route({
    method: "PATCH",
    path: "/me",
    action: "profile:update",
    resource: "organisation",
    summary: "Change your name",
    input: z.strictObject({ name: PersonName }),
    output: PersonWire,
  }),
  changeEmail: route({
    method: "POST",
    path: "/me/email",
    action: "account:change-email",
    resource: "organisation",
    summary: "Ask for another e-mail address; a link that is sent there makes it yours",
    input: z.strictObject({ email: Email }),
    output: z.object({ sent: z.literal(true) }),
    status: 202,
  }),
  confirmEmail: route({
    method: "POST",
    path: "/me/email/confirm",
    action: "account:confirm-email",
    resource: "public",
    summary: "Confirm a new e-mail address with the token that was sent there",
    input: z.strictObject({ token: z.string().min(1).max(200) }),
    output: z.object({ email: z.string() }),
  }),
  remove: route({
    method: "DELETE",
    path: "/me",
    action: "account:remove",
    resource: "organisation",
    summary: "Remove your account, and the organisations without projects that nobody else is in",
    input: z.strictObject({ confirm: Email.describe("Your e-mail address, so that it is no slip") }),
    output: z.object({ removed: z.literal(true), organisations: z.array(z.string()) }),
  }),
};
