import { readBounded } from "@homeport/kit/http/request.ts";
import { OciError } from "../../errors.ts";
import { MAX_MANIFEST_BYTES } from "../../image-manifest.ts";
import { isTag, type Reference } from "../../repository.ts";
import { digestOf } from "./blobs.ts";
import type { Operation } from "./operation.ts";

/** GET and HEAD /v2/<name>/manifests/<tag or digest> */
export const readManifest: Operation = {
  action: "pull",
  async run({ manifests }, { request, repository, target }) {
    const { digest, mediaType, body } = await manifests.get(repository, referenceOf(target));
    const headers = {
      "content-type": mediaType,
      "content-length": String(body.byteLength),
      "docker-content-digest": digest,
      etag: `"${digest}"`,
    };
    return new Response(request.method === "HEAD" ? null : new Uint8Array(body), { headers });
  },
};

/** PUT /v2/<name>/manifests/<tag or digest> */
export const writeManifest: Operation = {
  action: "push",
  creates: true, // an index of nothing needs no blob
  async run({ manifests }, { request, caller, repository, target }) {
    const reference = referenceOf(target);
    const mediaType = (request.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
    const bytes = await readBounded(request, MAX_MANIFEST_BYTES);
    if (bytes === null) throw new OciError("MANIFEST_INVALID", "The manifest is empty.");
    const digest = await manifests.put(repository, reference, mediaType, bytes, caller.actor);
    return new Response(null, {
      status: 201,
      headers: { location: `/v2/${repository.name}/manifests/${digest}`, "docker-content-digest": digest },
    });
  },
};

/** DELETE /v2/<name>/manifests/<tag or digest> */
export const removeManifest: Operation = {
  action: "delete",
  async run({ manifests }, { caller, repository, target }) {
    await manifests.remove(repository, referenceOf(target), caller.actor);
    return new Response(null, { status: 202 });
  },
};

/** Digests have a colon, tags cannot. */
const referenceOf = (text: string): Reference => {
  if (text.includes(":")) return { digest: digestOf(text) };
  if (isTag(text)) return { tag: text };
  throw new OciError("TAG_INVALID", "A tag has at most 128 letters, digits, dots, dashes and underscores.");
};
