import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Prefix } from "../secret-use.ts";
import { NewSlug } from "../slug.ts";
import { TemplateName } from "../template-name.ts";
import { ReferenceProblem } from "./problems.ts";

/** The slug or the id of a project, service or environment. */
const Reference = z.string().min(1).max(60);

const Template = z.object({
  name: TemplateName,
  title: z.string(),
  description: z.string(),
  image: z.string(),
  /** Newest first; the first is taken unless another one is named. */
  versions: z.array(z.string()),
  port: z.number().int(),
  memoryMiB: z.number().int(),
  volume: z.object({ slug: z.string(), path: z.string() }),
  /** The variables that a service gets that is bound to it. */
  exports: z.array(z.string()),
});

const Place = z.object({ service: z.string(), environment: z.string() });

export const templates = {
  list: route({
    method: "GET",
    path: "/templates",
    action: "template:read",
    resource: "organisation",
    summary: "List the databases that can be added with one step",
    input: z.object({}),
    output: z.object({ items: z.array(Template) }),
  }),
  add: route({
    method: "POST",
    path: "/projects/{project}/services/from-template",
    action: "service:create",
    resource: "project",
    summary: "Add a database: a service with its volume and credentials, and bind services to it",
    input: z.strictObject({
      project: Reference,
      template: TemplateName,
      slug: NewSlug,
      version: z.string().min(1).max(20).optional(),
      /** Where it is started; production unless named. It is part of every environment, with data of its own. */
      environment: Reference.optional(),
      /** Of its volume; without one as large as the disk. */
      sizeMiB: z.number().int().min(1).max(16_777_216).optional(),
      /** Services that get its variables with their next deployment. */
      bind: z
        .array(z.strictObject({ service: Reference, prefix: Prefix.default("") }))
        .max(20)
        .default([]),
      /** Only stages it: nothing is different until the draft is applied. */
      stage: z.boolean().default(false),
    }),
    output: z.object({
      template: TemplateName,
      version: z.string(),
      slug: z.string(),
      /** Null while it is only staged. */
      serviceId: z.uuid().nullable(),
      /** Where other services of an environment reach it. */
      address: z.string(),
      exports: z.array(z.string()),
      bound: z.array(z.string()),
      /** The version of the draft; null when it was applied. */
      draftVersion: z.number().int().nullable(),
      deployments: z.array(Place.extend({ deploymentId: z.uuid() })),
      notDeployed: z.array(Place.extend({ reason: z.string() })),
      problems: z.array(ReferenceProblem),
    }),
    status: 201,
  }),
};
