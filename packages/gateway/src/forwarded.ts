import type { BodyFraming, RequestHead } from "./request-head.ts";

/** Dropped from every message, besides the headers named in Connection. Source: RFC 9110 section 7.6.1. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What only a proxy may say. A client's are dropped, also spelled with `_`, which WSGI and CGI read as `-`. `proxy` is
 * httpoxy (CVE-2016-5385); the addresses are believed by frameworks that were once behind some provider's proxy.
 */
const PROXY_ONLY = new Set([
  "forwarded",
  "proxy",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-rewrite-url",
  "x-request-id",
]);
const PROXY_ONLY_PREFIXES = ["x-forwarded-", "x-homeport-"];

/** Set from what was parsed, never copied: framing (a copied length without its body desyncs the upstream) and Host. */
const REBUILT = new Set(["host", "content-length"]);

/** Name and value in turn: what the upstream gets. */
export function upstreamHeaders(head: RequestHead, requestId: string): string[] {
  const { rawHeaders, clientAddress } = head;
  const named = namedByConnection(rawHeaders);
  const headers = ["Host", head.authority];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || REBUILT.has(lower) || named.has(lower) || isProxyOnly(lower)) continue;
    headers.push(name, rawHeaders[index + 1] ?? "");
  }
  headers.push(...framingHeaders(head.body, head.method));
  if (head.isWebSocket) headers.push("Connection", "Upgrade", "Upgrade", "websocket");
  // The listener speaks plain HTTP and trusts no proxy in front of it, so this is all that is known of the client.
  const forwardedFor = clientAddress.includes(":") ? `"[${clientAddress}]"` : clientAddress;
  headers.push("X-Forwarded-For", clientAddress, "X-Forwarded-Proto", "http", "X-Forwarded-Host", head.authority);
  headers.push("Forwarded", `for=${forwardedFor};host="${head.authority}";proto=http`, "X-Request-Id", requestId);
  return headers;
}

/** Name and value in turn: what the client gets. Duplicates (Set-Cookie) stay apart, in order. */
export function clientHeaders(rawHeaders: readonly string[], requestId: string): string[] {
  const named = namedByConnection(rawHeaders);
  const headers: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower === "x-request-id" || (named.has(lower) && lower !== "content-length")) continue;
    headers.push(name, rawHeaders[index + 1] ?? "");
  }
  headers.push("X-Request-Id", requestId);
  return headers;
}

/** Framing, routing and connection fields must not come after the body (RFC 9110 section 6.5.1). */
export function isTrailer(name: string): boolean {
  const lower = name.toLowerCase();
  return !HOP_BY_HOP.has(lower) && !REBUILT.has(lower);
}

function framingHeaders(body: BodyFraming, method: string): string[] {
  if (body.kind === "length") return ["Content-Length", body.length];
  if (body.kind === "chunked") return ["Transfer-Encoding", "chunked"];
  // Without this Node would announce a chunked body for methods that usually have one.
  return ["POST", "PUT", "PATCH"].includes(method) ? ["Content-Length", "0"] : [];
}

function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== "connection") continue;
    for (const name of (rawHeaders[index + 1] ?? "").split(",")) names.add(name.trim().toLowerCase());
  }
  return names;
}

function isProxyOnly(lower: string): boolean {
  const name = lower.replaceAll("_", "-");
  return PROXY_ONLY.has(name) || PROXY_ONLY_PREFIXES.some((prefix) => name.startsWith(prefix));
}
