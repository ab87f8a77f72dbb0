import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { DisplayName, OrganisationWire, Reference } from "./nouns.ts";

export const PlatformOrganisationWire = OrganisationWire.extend({
  members: z.number().int(),
  projects: z.number().int(),
  createdAt: Instant,
});

/** Every organisation of the platform, for who runs it: that it is there, and nothing that is in it. */
export const platformOrganisationContract = {
  list: route({
    method: "GET",
    path: "/admin/organisations",
    action: "organisation:list",
    resource: "platform",
    summary: "List every organisation of the platform",
    input: PageQuery,
    output: pageOf(PlatformOrganisationWire),
  }),
  rename: route({
    method: "PATCH",
    path: "/admin/organisations/{organisation}",
    action: "organisation:rename",
    resource: "platform",
    summary: "Give an organisation another name",
    input: z.strictObject({ organisation: Reference, name: DisplayName }),
    output: PlatformOrganisationWire,
  }),
  close: route({
    method: "DELETE",
    path: "/admin/organisations/{organisation}",
    action: "organisation:close",
    resource: "platform",
    summary: "Remove an organisation that has no projects",
    input: z.object({ organisation: Reference }),
    output: z.object({ removed: z.literal(true) }),
  }),
};
