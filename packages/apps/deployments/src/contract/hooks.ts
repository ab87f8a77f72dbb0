import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { HOOK_PROVIDERS } from "../hook.ts";
import { GitUrl } from "../source.ts";

/** The slug or the id of a project. */
const Reference = z.string().min(1).max(60);
const inProject = { project: Reference };
const ofHook = { project: Reference, hook: z.uuid() };

export const Hook = z.object({
  id: z.uuid(),
  provider: z.enum(HOOK_PROVIDERS),
  /** The repository whose pushes it takes. */
  url: z.string(),
  /** Where the repository's server is to send them. */
  address: z.string(),
  /** Names of the services that are built from the repository. */
  services: z.array(z.string()),
  createdBy: z.string(),
  createdAt: Instant,
  rotatedAt: Instant.nullable(),
  /** Until then the secret before the current one is taken, too. */
  formerSecretUntil: Instant.nullable(),
  lastDeliveryAt: Instant.nullable(),
});

/** What became of a push for one service; without an environment, no environment takes the branch. */
export const PushResult = z.object({
  service: z.string(),
  environment: z.string().nullable(),
  deployment: z.uuid().optional(),
  /** Why nothing is deployed, or what else there is to say. */
  reason: z.string().optional(),
});

/** The answer to a delivery, and to the same one again. */
export const DeliveryAnswer = z.object({
  event: z.enum(["push", "branch_deleted", "tag", "ping", "other"]),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  message: z.string(),
  results: z.array(PushResult),
});

const WithSecret = Hook.extend({
  secret: z.string().describe("Told this once: give it to the repository's server"),
});

export const hooks = {
  list: route({
    method: "GET",
    path: "/projects/{project}/hooks",
    action: "hook:read",
    resource: "project",
    summary: "List the webhooks of a project",
    input: z.object(inProject),
    output: z.object({ items: z.array(Hook) }),
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/hooks",
    action: "hook:write",
    resource: "project",
    summary: "Make a webhook: pushes to a repository deploy the services that are built from it",
    input: z.strictObject({ ...inProject, provider: z.enum(HOOK_PROVIDERS), url: GitUrl }),
    output: WithSecret,
    status: 201,
    secret: true,
  }),
  rotate: route({
    method: "POST",
    path: "/projects/{project}/hooks/{hook}/rotate",
    action: "hook:write",
    resource: "hook",
    summary: "Give a webhook a new secret; the old one is taken for another 24 hours",
    input: z.strictObject(ofHook),
    output: WithSecret,
    secret: true,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/hooks/{hook}",
    action: "hook:write",
    resource: "hook",
    summary: "Remove a webhook; the repository is asked for news from then on",
    input: z.object(ofHook),
    output: z.object({ removed: z.boolean() }),
  }),
  deliveries: route({
    method: "GET",
    path: "/projects/{project}/hooks/{hook}/deliveries",
    action: "hook:read",
    resource: "hook",
    summary: "List what a webhook was told in the last 30 days, newest first",
    input: PageQuery.extend(ofHook),
    output: pageOf(z.object({ id: z.string(), receivedAt: Instant, answer: DeliveryAnswer })),
  }),
};
