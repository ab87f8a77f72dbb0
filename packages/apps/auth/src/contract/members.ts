import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { PersonReference, PersonWire, Removed } from "./nouns.ts";

export const MemberWire = PersonWire.extend({
  role: Role,
  joinedAt: Instant,
  /** The slugs of their teams. */
  teams: z.array(z.string()),
  /** Roles in projects of their own, those of teams not counted. */
  grantCount: z.number().int(),
});

export const memberContract = {
  list: route({
    method: "GET",
    path: "/members",
    action: "member:read",
    resource: "organisation",
    summary: "List the members of your organisation",
    input: PageQuery,
    output: pageOf(MemberWire),
  }),
  update: route({
    method: "PATCH",
    path: "/members/{person}",
    action: "member:update",
    resource: "member",
    summary: "Give a member another role",
    input: z.strictObject({ person: PersonReference, role: Role }),
    output: MemberWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/members/{person}",
    action: "member:remove",
    resource: "member",
    summary: "Remove somebody from your organisation; their sessions and tokens in it end",
    input: z.object({ person: PersonReference }),
    output: Removed,
  }),
  leave: route({
    method: "POST",
    path: "/members/leave",
    action: "member:leave",
    resource: "organisation",
    summary: "Leave the organisation that you are working in",
    input: z.object({}),
    output: Removed,
  }),
};
