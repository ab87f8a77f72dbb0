import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { BranchPattern } from "../environment.ts";
import { NewSlug } from "../slug.ts";

/** The slug or the id of a project or environment. */
const Reference = z.string().min(1).max(60);

const Environment = z.object({
  id: z.uuid(),
  slug: z.string(),
  position: z.number().int(),
  branchPattern: z.string().nullable(),
  protected: z.boolean(),
  createdAt: Instant,
});

export const environments = {
  list: route({
    method: "GET",
    path: "/projects/{project}/environments",
    action: "environment:read",
    resource: "project",
    summary: "List the environments of a project",
    input: z.object({ project: Reference }),
    output: z.object({ items: z.array(Environment) }),
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/environments",
    action: "environment:write",
    resource: "project",
    summary: "Create an environment, empty or with what another one has",
    input: z.strictObject({
      project: Reference,
      slug: NewSlug,
      branchPattern: BranchPattern.nullable().default(null),
      copyFrom: Reference.optional(),
    }),
    output: Environment,
    status: 201,
  }),
  update: route({
    method: "PATCH",
    path: "/projects/{project}/environments/{environment}",
    action: "environment:write",
    resource: "environment",
    summary: "Change an environment's name, branches or place, or protect it",
    input: z.strictObject({
      project: Reference,
      environment: Reference,
      slug: NewSlug.optional(),
      branchPattern: BranchPattern.nullable().optional(),
      position: z.number().int().min(0).max(49).optional(),
      /** In a protected one developers deploy no more, deployers do. Needs `environment:protect`, too. */
      protected: z.boolean().optional(),
    }),
    output: Environment,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/environments/{environment}",
    action: "environment:write",
    resource: "environment",
    summary: "Remove an environment with all that runs in it",
    input: z.object({ project: Reference, environment: Reference }),
    output: z.object({ removed: z.boolean() }),
  }),
};
