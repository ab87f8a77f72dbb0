import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { NewSlug } from "../slug.ts";

const inProject = { /** Its slug or id. */ project: z.string().min(1).max(60) };

const Project = z.object({ id: z.uuid(), slug: z.string(), createdAt: Instant });

export const projects = {
  list: route({
    method: "GET",
    path: "/projects",
    action: "project:read",
    resource: "projects",
    summary: "List projects",
    input: PageQuery,
    output: pageOf(Project.extend({ serviceCount: z.number().int() })),
  }),
  create: route({
    method: "POST",
    path: "/projects",
    action: "project:create",
    resource: "organisation",
    summary: "Create a project",
    input: z.strictObject({ slug: NewSlug }),
    output: Project,
    status: 201,
  }),
  get: route({
    method: "GET",
    path: "/projects/{project}",
    action: "project:read",
    resource: "project",
    summary: "Show a project",
    input: z.object(inProject),
    output: Project,
  }),
  update: route({
    method: "PATCH",
    path: "/projects/{project}",
    action: "project:update",
    resource: "project",
    summary: "Rename a project; the addresses of its services stay",
    input: z.strictObject({ ...inProject, slug: NewSlug }),
    output: Project,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}",
    action: "project:remove",
    resource: "project",
    summary: "Remove an empty project",
    input: z.object(inProject),
    output: z.object({ removed: z.boolean() }),
  }),
};
