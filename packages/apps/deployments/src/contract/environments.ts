import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";

/** The slug or the id of a project or environment. */
const Reference = z.string().min(1).max(60);

const Environment = z.object({ id: z.uuid(), slug: z.string(), protected: z.boolean(), createdAt: Instant });

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
  update: route({
    method: "PATCH",
    path: "/projects/{project}/environments/{environment}",
    action: "environment:protect",
    resource: "environment",
    summary: "Protect an environment: developers deploy to it no more, deployers do",
    input: z.strictObject({ project: Reference, environment: Reference, protected: z.boolean() }),
    output: Environment,
  }),
};
