export { chooseEncoding, type Encoding } from "./accept-encoding.ts";
export { Compressor, type CompressorEvents } from "./compressor.ts";

/** Below it the coding costs more than it saves: what fits into one packet with its head arrives no sooner. */
const MIN_BYTES = 860;
/** No body, or a part of one; a part of the encoded form is not the encoded form of a part. */
const WITHOUT_BODY = new Set([204, 205, 206, 304]);
const TEXT_TYPE =
  /^(?:text\/(?!event-stream$).+|application\/(?:json|javascript|ecmascript|x-javascript|xml|x-ndjson|jsonl|graphql|x-yaml|yaml|toml|rtf|sql|manifest\+json)|[^/]+\/[^/]+\+(?:json|xml|text|yaml))$/;

/**
 * Whether an upstream's answer is text that it left uncompressed. Header values are null when absent, so is an unknown
 * length. Event streams are left alone: proxies and browsers on the way hold encoded ones back.
 */
export function isCompressible(
  status: number,
  contentType: string | null,
  contentEncoding: string | null,
  cacheControl: string | null,
  contentLength: number | null,
  method = "GET",
): boolean {
  if (method === "HEAD" || status < 200 || WITHOUT_BODY.has(status)) return false;
  if (contentLength !== null && contentLength < MIN_BYTES) return false;
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== "identity") return false;
  if (cacheControl !== null && /(?:^|[\s,])no-transform(?:$|[\s,])/i.test(cacheControl)) return false; // RFC 9111 section 5.2.2.6
  return TEXT_TYPE.test(mediaType(contentType ?? ""));
}

/** The encoded form has other bytes, so a strong validator no longer holds (RFC 9110 section 8.8.3). */
export const weakenEtag = (etag: string): string => (etag.startsWith("W/") ? etag : `W/${etag}`);

const mediaType = (contentType: string): string => contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
