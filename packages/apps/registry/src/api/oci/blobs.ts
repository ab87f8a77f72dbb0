import { type Digest, parseDigest } from "../../digest.ts";
import { OciError } from "../../errors.ts";
import type { Operation } from "./operation.ts";

/** @throws {OciError} DIGEST_INVALID, before the text gets anywhere near a path or a query */
export const digestOf = (text: string | null): Digest => {
  const digest = parseDigest(text ?? "");
  if (digest === null) throw new OciError("DIGEST_INVALID", "This is not a digest such as sha256: and 64 hex digits.");
  return digest;
};

/**
 * GET and HEAD /v2/<name>/blobs/<digest>. The body is the file itself: Bun sends it without reading it into memory, and
 * answers Range and its errors for it (RFC 9110 section 14).
 */
export const readBlob: Operation = {
  action: "pull",
  async run({ blobs }, { request, repository, target }) {
    const digest = digestOf(target);
    const { sizeBytes, bytes } = await blobs.get(repository, digest);
    const headers = {
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "cache-control": "private, max-age=31536000, immutable",
      "accept-ranges": "bytes",
    };
    if (request.method !== "HEAD") return new Response(bytes, { headers });
    return new Response(null, { headers: { ...headers, "content-length": String(sizeBytes) } });
  },
};

/** DELETE /v2/<name>/blobs/<digest> */
export const removeBlob: Operation = {
  action: "delete",
  async run({ blobs }, { caller, repository, target }) {
    await blobs.remove(repository, digestOf(target), caller.actor);
    return new Response(null, { status: 202 });
  },
};
