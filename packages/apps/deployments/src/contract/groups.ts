import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { NewSlug } from "../slug.ts";

/** The slug or the id of a project or group. */
const Reference = z.string().min(1).max(60);

const Group = z.object({ id: z.uuid(), slug: z.string(), services: z.array(z.string()), createdAt: Instant });

/** Services that share variables. Not to be mistaken for secret groups. */
export const groups = {
  list: route({
    method: "GET",
    path: "/projects/{project}/groups",
    action: "service:read",
    resource: "project",
    summary: "List the groups of services of a project",
    input: z.object({ project: Reference }),
    output: z.object({ items: z.array(Group) }),
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/groups",
    action: "service:update",
    resource: "project",
    summary: "Create a group of services",
    input: z.strictObject({ project: Reference, slug: NewSlug }),
    output: Group,
    status: 201,
  }),
  update: route({
    method: "PATCH",
    path: "/projects/{project}/groups/{group}",
    action: "service:update",
    resource: "group",
    summary: "Rename a group of services",
    input: z.strictObject({ project: Reference, group: Reference, slug: NewSlug }),
    output: Group,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/groups/{group}",
    action: "service:update",
    resource: "group",
    summary: "Remove a group with its variables; its services stay",
    input: z.object({ project: Reference, group: Reference }),
    output: z.object({ removed: z.boolean() }),
  }),
};
