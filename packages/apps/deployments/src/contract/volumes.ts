import { Reason } from "@homeport/ci/contract.ts";
import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { NewSlug } from "../slug.ts";
import { VolumePath, VolumeSizeMiB } from "../volume.ts";

/** The slug or the id of a project, service, environment or volume. */
const Reference = z.string().min(1).max(60);
const inService = { project: Reference, service: Reference, environment: Reference.optional() };
const inVolume = { ...inService, volume: Reference };

/** Deploys anew what is live and changes by it, each once. Needs `deployment:create`, too. */
const apply = z.boolean().default(false);

const Deployed = z.array(z.object({ service: z.string(), environment: z.string(), deploymentId: z.uuid() }));

const Volume = z.object({
  id: z.uuid(),
  slug: z.string(),
  /** Where the service finds it. */
  path: z.string(),
  /** Null for no limit. */
  sizeMiB: z.number().int().nullable(),
  environment: z.string(),
  /** Of what it holds in this environment. */
  dataId: z.uuid(),
  /** Whether a node has it: from the first deployment with it on. */
  placed: z.boolean(),
  createdAt: Instant,
});
const ChangedVolume = Volume.extend({ deployments: Deployed });

export const volumes = {
  list: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/volumes",
    action: "service:read",
    resource: "service",
    summary: "List the volumes of a service, with what they are in one environment",
    input: z.object(inService),
    output: z.object({ items: z.array(Volume) }),
  }),
  get: route({
    method: "GET",
    path: "/projects/{project}/services/{service}/volumes/{volume}",
    action: "service:read",
    resource: "volume",
    summary: "Show a volume",
    input: z.object(inVolume),
    output: Volume,
  }),
  create: route({
    method: "POST",
    path: "/projects/{project}/services/{service}/volumes",
    action: "service:update",
    resource: "service",
    summary: "Give a service a volume in all its environments, each with data of its own; the next deployment has it",
    input: z.strictObject({
      ...inService,
      slug: NewSlug,
      path: VolumePath,
      sizeMiB: VolumeSizeMiB.optional(),
      apply,
    }),
    output: ChangedVolume,
    status: 201,
  }),
  update: route({
    method: "PATCH",
    path: "/projects/{project}/services/{service}/volumes/{volume}",
    action: "service:update",
    resource: "volume",
    summary: "Rename a volume, or change where it is or how much it may hold; what it holds stays",
    input: z.strictObject({
      ...inVolume,
      slug: NewSlug.optional(),
      path: VolumePath.optional(),
      sizeMiB: VolumeSizeMiB.nullable().optional(),
      apply,
    }),
    output: ChangedVolume,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/services/{service}/volumes/{volume}",
    action: "service:update",
    resource: "volume",
    summary: "Remove a volume of a service in all environments; what it holds is kept for 7 days",
    input: z.strictObject({ ...inVolume, confirm: Reference.describe("the volume's slug"), apply }),
    output: z.object({ removed: z.boolean(), deployments: Deployed }),
  }),
};

const KeptVolume = z.object({
  id: z.uuid(),
  slug: z.string(),
  path: z.string(),
  sizeMiB: z.number().int().nullable(),
  /** Names of when it was removed. */
  service: z.string(),
  environment: z.string(),
  /** `deleting`: it cannot be brought back any more, its node is being asked to delete it. */
  state: z.enum(["kept", "deleting"]),
  removedAt: Instant,
  deleteAt: Instant,
  /** Why it could not be deleted yet; it is tried again. */
  reason: Reason.nullable(),
});

const inKept = { project: Reference, kept: z.uuid() };

/** What removed volumes held, also those that went with their service or environment. */
export const keptVolumes = {
  list: route({
    method: "GET",
    path: "/projects/{project}/kept-volumes",
    action: "service:read",
    resource: "project",
    summary: "List what removed volumes held, until it is deleted; last removed first",
    input: PageQuery.extend({ project: Reference }),
    output: pageOf(KeptVolume),
  }),
  restore: route({
    method: "POST",
    path: "/projects/{project}/kept-volumes/{kept}/restore",
    action: "service:update",
    resource: "kept-volume",
    summary: "Give a service what a removed volume held; what its own volume of that name held is kept instead",
    input: z.strictObject({
      ...inKept,
      service: Reference,
      environment: Reference.optional(),
      slug: NewSlug.optional().describe("of a volume that the service has, or of a new one; as it was unless given"),
      path: VolumePath.optional().describe("of a new volume; as it was unless given"),
    }),
    output: Volume,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/kept-volumes/{kept}",
    action: "volume:remove",
    resource: "kept-volume",
    summary: "Delete what a removed volume held now, for good",
    input: z.strictObject({ ...inKept, confirm: Reference.describe("the volume's slug") }),
    output: KeptVolume,
    status: 202,
  }),
};
