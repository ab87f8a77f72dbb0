import { isIP } from "node:net";
import { parseHost } from "../host.ts";
import { X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO } from "../http1/fields.ts";
import type { RequestHead } from "../http1/request-head.ts";

/** Who asked, by which scheme and name, as far as it can be believed. */
export type ClientFacts = { readonly address: string; readonly scheme: "http" | "https"; readonly authority: string };

/** A chain longer than this is no chain of proxies. */
const MAX_HOPS = 32;

/**
 * The lines that tell upstreams about the client. Exactly one address: what a client sent itself is never passed on. They
 * end with the name of the field that comes next, the request id: one copy less for each request.
 */
export function forwardedLines({ address, scheme, authority }: ClientFacts): Buffer {
  const node = address.includes(":") ? `"[${address}]"` : address;
  return Buffer.from(
    `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Host: ${authority}\r\n` +
      `Forwarded: for=${node};host="${authority}";proto=${scheme}\r\nX-Request-Id: `,
    "latin1",
  );
}

/**
 * What a trusted proxy in front of us says of the client: the right-most address of X-Forwarded-For that is no trusted
 * proxy itself, and scheme and host where they are well-formed.
 */
export function readForwarded(
  head: RequestHead,
  peer: ClientFacts,
  isTrusted: (address: string) => boolean,
): ClientFacts {
  const hops = (fieldOf(head, X_FORWARDED_FOR) ?? "").split(",").slice(-MAX_HOPS);
  let { address } = peer;
  for (const hop of hops.toReversed()) {
    const named = plainAddress(hop.trim());
    if (named === null) break;
    address = named;
    if (!isTrusted(named)) break;
  }
  const scheme = lastOf(fieldOf(head, X_FORWARDED_PROTO))?.toLowerCase();
  const authority = lastOf(fieldOf(head, X_FORWARDED_HOST))?.toLowerCase();
  return {
    address,
    scheme: scheme === "https" || scheme === "http" ? scheme : peer.scheme,
    authority: authority !== undefined && parseHost(authority) !== null ? authority : peer.authority,
  };
}

/** Some proxies write a port behind the address. Null for what is no address. */
function plainAddress(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? null : withoutMapping(bare);
}

/** A dual-stack socket shows IPv4 clients as `::ffff:192.0.2.1`. */
export function withoutMapping(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

function fieldOf({ bytes, fields }: RequestHead, kind: number): string | null {
  let value: string | null = null;
  for (let index = 0; index < fields.count; index++) {
    if (fields.kind(index) !== kind) continue;
    const part = bytes.toString("latin1", fields.value(index), fields.valueEnd(index));
    value = value === null ? part : `${value},${part}`;
  }
  return value;
}

const lastOf = (list: string | null): string | undefined => list?.split(",").at(-1)?.trim();
