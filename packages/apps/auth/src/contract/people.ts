import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { InstanceRole, Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { OrganisationWire, PersonWire, Removed } from "./nouns.ts";

/** A person as those who run the platform see them. */
export const AdminPersonWire = PersonWire.extend({
  instanceRole: InstanceRole.nullable(),
  suspendedAt: Instant.nullable(),
  emailVerified: z.boolean(),
  hasPassword: z.boolean(),
  hasAuthenticator: z.boolean(),
  organisations: z.array(OrganisationWire.extend({ role: Role })),
  createdAt: Instant,
  /** Null for who has no session now. */
  lastSeenAt: Instant.nullable(),
});

const person = z.object({ person: z.uuid() });

/** Everybody on the platform, for who runs it. */
export const peopleContract = {
  list: route({
    method: "GET",
    path: "/admin/people",
    action: "person:read",
    resource: "platform",
    summary: "List everybody on the platform",
    input: PageQuery.extend({
      search: z.string().trim().max(100).optional().describe("A part of the e-mail address or the name"),
    }),
    output: pageOf(AdminPersonWire),
  }),
  get: route({
    method: "GET",
    path: "/admin/people/{person}",
    action: "person:read",
    resource: "platform",
    summary: "Show somebody",
    input: person,
    output: AdminPersonWire.extend({ sessions: z.number().int(), tokens: z.number().int() }),
  }),
  suspend: route({
    method: "POST",
    path: "/admin/people/{person}/suspend",
    action: "person:suspend",
    resource: "platform",
    summary: "Let somebody sign in no more; their sessions and tokens stop working",
    input: person.extend({ reason: z.string().trim().max(300).optional() }).strict(),
    output: AdminPersonWire,
  }),
  resume: route({
    method: "POST",
    path: "/admin/people/{person}/resume",
    action: "person:suspend",
    resource: "platform",
    summary: "Let somebody who was suspended back in",
    input: person.strict(),
    output: AdminPersonWire,
  }),
  setInstanceRole: route({
    method: "PUT",
    path: "/admin/people/{person}/instance-role",
    action: "person:promote",
    resource: "platform",
    summary: "Give somebody a role on the platform, or take it away",
    input: person.extend({ role: InstanceRole.nullable() }).strict(),
    output: AdminPersonWire,
  }),
  resetSecondFactor: route({
    method: "DELETE",
    path: "/admin/people/{person}/second-factor",
    action: "person:reset",
    resource: "platform",
    summary: "Remove the authenticator and recovery codes of somebody who lost them",
    input: person,
    output: Removed,
  }),
  signOut: route({
    method: "DELETE",
    path: "/admin/people/{person}/sessions",
    action: "person:sign-out",
    resource: "platform",
    summary: "Sign somebody out everywhere",
    input: person,
    output: Removed,
  }),
  remove: route({
    method: "DELETE",
    path: "/admin/people/{person}",
    action: "person:remove",
    resource: "platform",
    summary: "Remove somebody's account, and the organisations without projects that nobody else is in",
    input: person,
    output: z.object({ removed: z.literal(true), organisations: z.array(z.string()) }),
  }),
};
