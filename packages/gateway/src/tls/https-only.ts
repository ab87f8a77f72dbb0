import type { Hsts } from "@homeport/kit/registry/policy.ts";

const HTTPS_PORT = 443;

/**
 * Value of Strict-Transport-Security (RFC 6797 section 6.1). It belongs on answers over https only: over plain http it must
 * not be sent (section 7.2), and clients ignore it there.
 */
export function hstsValue({ maxAgeSeconds, includeSubdomains, preload }: Hsts): string {
  return `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

export type PlainRequest = {
  /** As `parseHost` gives it: without port and brackets. */
  hostName: string;
  /** The request target as it came: path and query, or one of the other forms of RFC 9112 section 3.2. */
  target: string;
};

/**
 * Where a plain request is sent, with status 308: that one keeps method and body (RFC 9110 section 15.4.9). Path and query
 * stay as they came, except for bytes that no URI may hold, which are percent-encoded so that none can end the header.
 */
export function httpsLocation({ hostName, target }: PlainRequest, tlsPort: number): string {
  const host = hostName.includes(":") ? `[${hostName}]` : hostName;
  const port = tlsPort === HTTPS_PORT ? "" : `:${tlsPort}`;
  return `https://${host}${port}${pathOf(target).replace(/[^\x21-\x7e]/g, percentEncoded)}`;
}

function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const rest = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)?.[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`; // `*`, an authority, or a URI without a path
}

/** Of one byte, as latin1 text holds it; characters beyond it are encoded as UTF-8. */
function percentEncoded(character: string): string {
  const bytes = Buffer.from(character, character <= "\xff" ? "latin1" : "utf8");
  return bytes.reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, "0")}`, "");
}
