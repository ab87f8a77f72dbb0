import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_ITEMS, SecretValues } from "../secret-group.ts";
import { Directory, Prefix } from "../secret-use.ts";
import { NewSlug } from "../slug.ts";
import { MAX_VARIABLES } from "../variable.ts";

/** The slug or the id of a project, service or group. */
const Reference = z.string().min(1).max(60);
const inProject = { project: Reference };
const inGroup = { project: Reference, group: Reference };
/** In the environment that is named, production unless it is. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const Names = (max: number) => z.array(z.string().max(200)).min(1).max(max);

/** How a service gets the items: each as a variable, if its name can be one, or as a file of a folder. */
export const SecretUse = z.discriminatedUnion("as", [
  z.strictObject({ as: z.literal("variables"), prefix: Prefix.default("") }),
  z.strictObject({ as: z.literal("files"), directory: Directory.optional() }),
]);

const SecretGroup = z.object({
  id: z.uuid(),
  slug: z.string(),
  /** Rises with each change of its items. */
  version: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
  /** When a release last took its items. */
  lastUsedAt: Instant.nullable(),
});

const Item = z.object({ name: z.string(), updatedAt: Instant });

const User = z.object({
  service: z.string(),
  /** Null when it is not attached any more, and what is live still has it. */
  use: SecretUse.nullable(),
  /** What the live release took; null when it took none, or nothing is live. */
  liveVersion: z.number().int().nullable(),
  isCurrent: z.boolean(),
});

const Redeployed = z.array(z.object({ service: z.string(), deploymentId: z.uuid() }));

const apply = {
  /** Deploys the services anew that use the group and have something live. Needs `deployment:create`, too. */
  apply: z.boolean().default(false),
};

const Revealed = z.object({ values: z.record(z.string(), z.string()) });

export const secretGroups = {
  list: route({
    method: "GET",
    path: "/projects/{project}/secret-groups",
    action: "secret:read",
    resource: "project",
    summary: "List the secret groups of a project",
    input: PageQuery.extend(inProject),
    output: pageOf(SecretGroup.extend({ itemCount: z.number().int(), serviceCount: z.number().int() })),
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/secret-groups",
    action: "secret:write",
    resource: "project",
    summary: "Create a secret group",
    input: z.strictObject({ ...inProject, slug: NewSlug, values: SecretValues.default({}) }),
    output: SecretGroup,
    status: 201,
  }),
  get: route({
    method: "GET",
    path: "/projects/{project}/secret-groups/{group}",
    action: "secret:read",
    resource: "secret-group",
    summary: "Show the names of a group's items, and which services use it; values are write-only",
    input: z.object(inGroup),
    output: SecretGroup.extend({ items: z.array(Item), users: z.array(User) }),
  }),
  set: route({
    method: "PUT",
    path: "/projects/{project}/secret-groups/{group}/items",
    action: "secret:write",
    resource: "secret-group",
    summary: "Set items of a group; the others stay",
    input: z.strictObject({ ...inGroup, values: SecretValues, ...apply }),
    output: z.object({ set: z.array(z.string()), version: z.number().int(), deployments: Redeployed }),
  }),
  unset: route({
    method: "POST",
    path: "/projects/{project}/secret-groups/{group}/items/unset",
    action: "secret:write",
    resource: "secret-group",
    summary: "Remove items of a group",
    input: z.strictObject({ ...inGroup, names: Names(MAX_ITEMS), ...apply }),
    output: z.object({ unset: z.array(z.string()), version: z.number().int(), deployments: Redeployed }),
  }),
  apply: route({
    method: "POST",
    path: "/projects/{project}/secret-groups/{group}/apply",
    action: "deployment:create",
    resource: "secret-group",
    summary: "Deploy the services anew that use a group and have something live",
    input: z.strictObject(inGroup),
    output: z.object({ deployments: Redeployed }),
    status: 202,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/secret-groups/{group}",
    action: "secret:write",
    resource: "secret-group",
    summary: "Remove a secret group that no service has attached",
    input: z.object(inGroup),
    output: z.object({ removed: z.boolean() }),
  }),
  reveal: route({
    method: "POST",
    path: "/projects/{project}/secret-groups/{group}/reveal",
    action: "secret:reveal",
    resource: "secret-group",
    summary: "Tell values of a group; the audit log says who asked",
    input: z.strictObject({ ...inGroup, names: Names(MAX_ITEMS).optional() }),
    output: Revealed,
    secret: true,
  }),
};

export const secretAttachments = {
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/secret-groups",
    action: "secret:read",
    resource: "service",
    summary: "List the secret groups that a service has attached",
    input: z.object(inService),
    output: z.object({
      items: z.array(
        z.object({
          group: z.string(),
          use: SecretUse,
          names: z.array(z.string()),
          version: z.number().int(),
          liveVersion: z.number().int().nullable(),
        }),
      ),
    }),
  }),
  attach: route({
    method: "PUT",
    path: "/projects/{project}/services/{service}/secret-groups/{group}",
    action: "secret:write",
    resource: "service",
    summary: "Attach a secret group to a service as variables or files; the next deployment uses it",
    input: z.strictObject({ ...inService, group: Reference, use: SecretUse }),
    output: z.object({ attached: z.boolean() }),
  }),
  detach: route({
    method: "DELETE",
    path: "/projects/{project}/services/{service}/secret-groups/{group}",
    action: "secret:write",
    resource: "service",
    summary: "Detach a secret group from a service; the next deployment does without it",
    input: z.object({ ...inService, group: Reference }),
    output: z.object({ detached: z.boolean() }),
  }),
};

export const revealVariables = route({
  method: "POST",
  path: "/projects/{project}/services/{service}/variables/reveal",
  action: "secret:reveal",
  resource: "service",
  summary: "Tell values of a service's variables; the audit log says who asked",
  input: z.strictObject({ ...inService, names: Names(MAX_VARIABLES) }),
  output: Revealed,
  secret: true,
});
