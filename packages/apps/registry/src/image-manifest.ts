import { z } from "zod";
import { type Digest, parseDigest } from "./digest.ts";

/** Largest manifest: what the specification asks registries to take at least, and clients to expect at most. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

const IMAGE_TYPES = new Set([DOCKER_MANIFEST, OCI_MANIFEST]);
const INDEX_TYPES = new Set([DOCKER_LIST, OCI_INDEX]);

const DigestField = z.string().transform((text, ctx): Digest => {
  const digest = parseDigest(text);
  if (digest !== null) return digest;
  ctx.addIssue({ code: "custom", message: "is not a digest" });
  return z.NEVER;
});

const Descriptor = z.object({
  mediaType: z.string().min(1).max(255),
  digest: DigestField,
  size: z.number().int().min(0),
  urls: z.array(z.string().max(4096)).max(100).optional(),
  platform: z.object({ os: z.string().max(60), architecture: z.string().max(60) }).optional(),
});

const common = {
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  subject: Descriptor.optional(),
};
// A document that is both an image and an index means different things to different readers (GHSA-mc8v-mgrf-8f4m).
const Image = z.object({
  ...common,
  config: Descriptor,
  layers: z.array(Descriptor).max(10_000),
  manifests: z.undefined().optional(),
});
const Index = z.object({
  ...common,
  manifests: z.array(Descriptor).max(10_000),
  config: z.undefined().optional(),
  layers: z.undefined().optional(),
});

export type Descriptor = z.infer<typeof Descriptor>;

/** One thing that a manifest refers to. `foreign`: fetched from elsewhere, so it need not be here. */
export type Part = { kind: "config" | "layer" | "manifest"; foreign: boolean } & Descriptor;

export type ImageManifest = {
  mediaType: string;
  artifactType: string | null;
  subject: Digest | null;
  parts: Part[];
};

export type ParsedManifest = { manifest: ImageManifest } | { problem: string };

/** Reads the bytes of a manifest that was sent, or stored, with a media type. */
export const parseImageManifest = (bytes: Uint8Array, mediaType: string): ParsedManifest => {
  if (!IMAGE_TYPES.has(mediaType) && !INDEX_TYPES.has(mediaType)) {
    return { problem: `The media type "${mediaType.slice(0, 100)}" is not one of an image manifest or index.` };
  }
  const json = parseJson(bytes);
  if (json === undefined) return { problem: "The manifest is not JSON." };
  const parsed = IMAGE_TYPES.has(mediaType) ? Image.safeParse(json) : Index.safeParse(json);
  if (!parsed.success) return { problem: describe(parsed.error) };
  const document = parsed.data;
  if (document.mediaType !== undefined && document.mediaType !== mediaType) {
    return { problem: `The manifest says it is "${document.mediaType}", the request says "${mediaType}".` };
  }
  const parts: Part[] = [
    ...(document.config === undefined ? [] : [partOf("config", document.config)]),
    ...(document.layers ?? []).map((layer) => partOf("layer", layer)),
    ...(document.manifests ?? []).map((child) => partOf("manifest", child)),
  ];
  return {
    manifest: {
      mediaType,
      artifactType: document.artifactType ?? null,
      subject: document.subject?.digest ?? null,
      parts,
    },
  };
};

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // JSON has no undefined, so it stands for "cannot be read"
  }
};

/** Layers with a licence that forbids handing them on are named by URL (OCI image specification, "Non-distributable layers"). */
const partOf = (kind: Part["kind"], descriptor: Descriptor): Part => ({
  ...descriptor,
  kind,
  foreign: kind === "layer" && /\.foreign\.|\.nondistributable\./.test(descriptor.mediaType),
});

const describe = (error: z.ZodError): string => {
  const issue = error.issues[0];
  const path = issue?.path.join(".") ?? "";
  return `The manifest is not valid: ${path === "" ? "" : `${path}: `}${issue?.message ?? "unknown"}.`;
};
