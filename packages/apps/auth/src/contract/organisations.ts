import { PageQuery, pageOf, route, Slug } from "@homeport/kit/contract.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { DisplayName, OrganisationWire, Reference, SignedIn } from "./nouns.ts";

export const organisationContract = {
  list: route({
    method: "GET",
    path: "/organisations",
    action: "profile:read",
    resource: "organisation",
    summary: "List the organisations that you belong to",
    input: PageQuery,
    output: pageOf(OrganisationWire.extend({ role: Role, current: z.boolean() })),
  }),
  create: route({
    method: "POST",
    path: "/organisations",
    action: "organisation:create",
    resource: "organisation",
    summary: "Make an organisation that you own",
    input: z.strictObject({ slug: Slug, name: DisplayName.optional() }),
    output: OrganisationWire,
    status: 201,
  }),
  get: route({
    method: "GET",
    path: "/organisation",
    action: "organisation:read",
    resource: "organisation",
    summary: "Show the organisation that you are working in",
    input: z.object({}),
    output: OrganisationWire.extend({ memberCount: z.number().int(), projectCount: z.number().int() }),
  }),
  update: route({
    method: "PATCH",
    path: "/organisation",
    action: "organisation:update",
    resource: "organisation",
    summary: "Rename the organisation that you are working in",
    input: z.strictObject({ name: DisplayName }),
    output: OrganisationWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/organisation",
    action: "organisation:remove",
    resource: "organisation",
    summary: "Remove the organisation that you are working in, once it has no projects",
    input: z.strictObject({ confirm: z.string().max(40).describe("The organisation's slug") }),
    output: z.object({
      removed: z.number().int(),
      /** Members who have no organisation any more: they cannot sign in until somebody invites them. */
      withoutOrganisation: z.number().int(),
    }),
  }),
  switch: route({
    method: "POST",
    path: "/organisation/switch",
    action: "session:switch",
    resource: "organisation",
    summary: "Work in another of your organisations with this session",
    input: z.strictObject({ organisation: Reference }),
    output: SignedIn,
  }),
};
