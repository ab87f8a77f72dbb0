import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_RELEASE_NUMBER } from "../release.ts";
import { Deployment } from "./deployments.ts";

/** The slug or the id of a project, service or environment. */
const Reference = z.string().min(1).max(60);
/** Which of the service's workloads is meant: the one in this environment, production unless named. */
const inService = { project: Reference, service: Reference, environment: Reference.optional() };

const Release = z.object({
  number: z.number().int(),
  digest: z.string().nullable(),
  image: z.string(),
  state: z.enum(["pending", "live", "superseded", "failed"]),
  commit: z.string().nullable(),
  commitMessage: z.string().nullable(),
  preset: z.string().nullable(),
  secretGroups: z.array(z.object({ group: z.string(), version: z.number().int() })),
  /** Where it answers while it is live. */
  urls: z.array(z.string()),
  branch: z.string().nullable(),
  /** Kept by hand: no retention takes it away. */
  kept: z.boolean(),
  /** When it gave its image, variables and files back, because it was not kept any more. */
  collectedAt: Instant.nullable(),
  /** Whether it can be made live again. */
  available: z.boolean(),
  createdBy: z.string().nullable(),
  createdAt: Instant,
});

export const releases = {
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/releases",
    action: "release:read",
    resource: "service",
    summary: "List releases, newest first",
    input: PageQuery.extend(inService),
    output: pageOf(Release),
  }),
  rollback: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/rollback",
    action: "release:rollback",
    resource: "service",
    summary: "Make an earlier release live again",
    input: z.strictObject({ ...inService, to: z.number().int().min(1).max(MAX_RELEASE_NUMBER).optional() }),
    output: Deployment,
    status: 202,
  }),
  promote: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/promote",
    action: "release:promote",
    resource: "service",
    summary: "Bring what is live in another environment into this one, without building it again",
    input: z.strictObject({
      ...inService,
      from: Reference,
      release: z.number().int().min(1).max(MAX_RELEASE_NUMBER).optional(),
    }),
    output: Deployment,
    status: 202,
  }),
  keep: route({
    method: "PUT",
    path: "/projects/{project}/services/{service}/releases/{release}/kept",
    action: "release:keep",
    resource: "service",
    summary: "Keep a release whatever the retention says, or no longer",
    input: z.strictObject({
      ...inService,
      release: z.coerce.number().int().min(1).max(MAX_RELEASE_NUMBER),
      kept: z.boolean(),
    }),
    output: Release,
  }),
};
