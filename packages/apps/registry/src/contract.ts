import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";

const Digest = z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, "must be sha256: and 64 hex digits");
const RepositoryName = z.string().min(3).max(255).describe("<organisation>/<name>");
const Reference = z.string().min(1).max(200).describe("A tag or a digest");

export const Repository = z.object({
  name: z.string(),
  tagCount: z.number().int(),
  sizeBytes: z.number().int().describe("Of all blobs in it, each counted once"),
  createdAt: Instant,
  pushedAt: Instant,
});

export const Tag = z.object({
  name: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().int().describe("Of what the image consists of"),
  pushedAt: Instant,
});

/** One thing that a manifest refers to. */
export const ManifestPart = z.object({
  kind: z.enum(["config", "layer", "manifest"]),
  digest: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().int(),
  platform: z.string().nullable().describe("os/architecture, for a manifest in an index"),
});

/** A manifest that exists, by its digest. */
export const FoundManifest = z.object({
  repository: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().int(),
});

export const contract = {
  repositories: {
    list: route({
      method: "GET",
      path: "/repositories",
      action: "repository:read",
      resource: "organisation",
      summary: "List image repositories",
      input: PageQuery,
      output: pageOf(Repository),
    }),
  },
  tags: {
    list: route({
      method: "GET",
      path: "/tags",
      action: "repository:read",
      resource: "repository",
      summary: "List the tags of a repository",
      input: PageQuery.extend({ repository: RepositoryName }),
      output: pageOf(Tag),
    }),
  },
  manifests: {
    get: route({
      method: "GET",
      path: "/manifests",
      action: "repository:read",
      resource: "repository",
      summary: "Show what an image consists of",
      input: z.object({ repository: RepositoryName, reference: Reference }),
      output: FoundManifest.extend({ tags: z.array(z.string()), parts: z.array(ManifestPart) }),
    }),
    resolve: route({
      method: "POST",
      path: "/manifests/resolve",
      action: "manifest:check",
      resource: "platform",
      summary: "Turn an image reference of an organisation into a digest",
      input: z.strictObject({
        organisationId: z.uuid(),
        reference: z.string().min(3).max(500).describe("home/shop/api:1.2 or home/shop/api@sha256:…"),
      }),
      output: FoundManifest,
    }),
  },
  pins: {
    put: route({
      method: "PUT",
      path: "/pins/{key}",
      action: "pin:change",
      resource: "platform",
      summary: "Keep a manifest from being deleted",
      input: z.strictObject({
        key: z.string().min(1).max(200),
        organisationId: z.uuid(),
        repository: RepositoryName,
        digest: Digest,
      }),
      output: z.object({ repository: z.string(), digest: z.string() }),
    }),
    remove: route({
      method: "DELETE",
      path: "/pins/{key}",
      action: "pin:change",
      resource: "platform",
      summary: "Let a manifest be deleted again",
      input: z.object({ key: z.string().min(1).max(200) }),
      output: z.object({ removed: z.boolean() }),
    }),
  },
};

export type RepositoryWire = z.infer<typeof Repository>;
export type TagWire = z.infer<typeof Tag>;
export type ManifestPartWire = z.infer<typeof ManifestPart>;
