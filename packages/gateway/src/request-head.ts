import { type Host, parseHost } from "./host.ts";

/** How the body is delimited; never both, and decided here once for the upstream request too. */
export type BodyFraming = { kind: "none" } | { kind: "length"; length: string } | { kind: "chunked" };

/** What the gateway knows of a request before it is routed. */
export type RequestHead = {
  readonly method: string;
  /** Path and query, byte for byte as they came; starts with `/`. */
  readonly target: string;
  readonly host: Host;
  /** The Host header as it came, lower-case. */
  readonly authority: string;
  readonly accept: string | null;
  readonly body: BodyFraming;
  readonly isWebSocket: boolean;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly clientAddress: string;
};

export type HeadInput = {
  method: string;
  target: string;
  httpVersion: string;
  rawHeaders: readonly string[];
  clientAddress: string;
};

export type HeadReading =
  | { kind: "head"; head: RequestHead }
  | { kind: "malformed"; detail: string; accept: string | null };

/** Bytes that are not allowed in a request target, and `#`, which clients must not send (RFC 9112 section 3.2). */
const TARGET = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/;

/**
 * Refuses what Node's parser lets through and two parsers could read differently: several Host or Content-Length lines, a
 * Host that is no host, transfer codings other than `chunked`, chunked on HTTP/1.0, absolute-form targets.
 */
export function readHead(input: HeadInput): HeadReading {
  const lines = collect(input.rawHeaders);
  const accept = lines.accept.length === 0 ? null : lines.accept.join(", ");
  const refuse = (detail: string): HeadReading => ({ kind: "malformed", detail, accept });
  if (!TARGET.test(input.target)) return refuse("The request target must be a path.");
  const [authority, ...moreHosts] = lines.host;
  if (authority === undefined || moreHosts.length > 0) return refuse("A request has exactly one Host header.");
  const host = parseHost(authority);
  if (host === null) return refuse("The Host header is not a host name.");
  const body = readFraming(lines, input.httpVersion);
  if (body === null) return refuse("The length of the request body is ambiguous.");
  const isUpgrade = lines.connection.some((value) => hasToken(value, "upgrade"));
  const isWebSocket = isUpgrade && lines.upgrade.length === 1 && lines.upgrade[0]?.toLowerCase() === "websocket";
  if (isWebSocket && (input.method !== "GET" || body.kind !== "none" || input.httpVersion !== "1.1")) {
    return refuse("A WebSocket starts with an HTTP/1.1 GET request without a body.");
  }
  const { method, target, rawHeaders, clientAddress } = input;
  const head = { method, target, host, authority: authority.toLowerCase(), accept, body, isWebSocket, rawHeaders };
  return { kind: "head", head: { ...head, clientAddress: plainAddress(clientAddress) } };
}

const COLLECTED = ["host", "content-length", "transfer-encoding", "accept", "connection", "upgrade"] as const;
type Collected = Record<(typeof COLLECTED)[number], string[]>;

function collect(rawHeaders: readonly string[]): Collected {
  const lines: Collected = {
    host: [],
    "content-length": [],
    "transfer-encoding": [],
    accept: [],
    connection: [],
    upgrade: [],
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    const found = COLLECTED.find((collected) => collected === name);
    if (found !== undefined) lines[found].push(rawHeaders[index + 1] ?? "");
  }
  return lines;
}

/** Null: ambiguous (RFC 9112 section 6.3). */
function readFraming(lines: Collected, httpVersion: string): BodyFraming | null {
  const { "content-length": lengths, "transfer-encoding": codings } = lines;
  if (codings.length > 0) {
    const isPlainChunked = codings.length === 1 && codings[0]?.trim().toLowerCase() === "chunked";
    return isPlainChunked && lengths.length === 0 && httpVersion === "1.1" ? { kind: "chunked" } : null;
  }
  const [length, ...more] = lengths;
  if (length === undefined) return { kind: "none" };
  if (more.length > 0 || !/^\d{1,15}$/.test(length)) return null;
  return Number(length) === 0 ? { kind: "none" } : { kind: "length", length };
}

export function hasToken(value: string, token: string): boolean {
  return value.split(",").some((part) => part.trim().toLowerCase() === token);
}

/** A dual-stack socket shows IPv4 clients as `::ffff:192.0.2.1`. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}
