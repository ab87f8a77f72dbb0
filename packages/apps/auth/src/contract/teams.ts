import { Instant, PageQuery, pageOf, route, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { DisplayName, PersonReference, PersonWire, Reference, Removed } from "./nouns.ts";

export const TeamWire = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  memberCount: z.number().int(),
  grantCount: z.number().int(),
  createdAt: Instant,
});

const ofTeam = { team: Reference };

export const teamContract = {
  list: route({
    method: "GET",
    path: "/teams",
    action: "team:read",
    resource: "organisation",
    summary: "List the teams of your organisation",
    input: PageQuery,
    output: pageOf(TeamWire),
  }),
  create: route({
    method: "POST",
    path: "/teams",
    action: "team:write",
    resource: "organisation",
    summary: "Make a team",
    input: z.strictObject({ slug: Slug, name: DisplayName.optional() }),
    output: TeamWire,
    status: 201,
  }),
  get: route({
    method: "GET",
    path: "/teams/{team}",
    action: "team:read",
    resource: "team",
    summary: "Show a team",
    input: z.object(ofTeam),
    output: TeamWire,
  }),
  update: route({
    method: "PATCH",
    path: "/teams/{team}",
    action: "team:write",
    resource: "team",
    summary: "Rename a team",
    input: z.strictObject({ ...ofTeam, name: DisplayName }),
    output: TeamWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/teams/{team}",
    action: "team:write",
    resource: "team",
    summary: "Remove a team with its roles in projects",
    input: z.object(ofTeam),
    output: Removed,
  }),
  listMembers: route({
    method: "GET",
    path: "/teams/{team}/members",
    action: "team:read",
    resource: "team",
    summary: "List who is in a team",
    input: PageQuery.extend(ofTeam),
    output: pageOf(PersonWire),
  }),
  addMember: route({
    method: "PUT",
    path: "/teams/{team}/members/{person}",
    action: "team:write",
    resource: "team",
    summary: "Put a member of the organisation into a team",
    input: z.strictObject({ ...ofTeam, person: PersonReference }),
    output: PersonWire,
  }),
  removeMember: route({
    method: "DELETE",
    path: "/teams/{team}/members/{person}",
    action: "team:write",
    resource: "team",
    summary: "Take somebody out of a team",
    input: z.object({ ...ofTeam, person: PersonReference }),
    output: Removed,
  }),
};
