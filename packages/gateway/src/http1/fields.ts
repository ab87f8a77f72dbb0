import { ascii, equalsFolded, FOLD } from "./bytes.ts";

/** What a field means to a proxy. `PLAIN` ones are passed on as they came. */
export const PLAIN = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const UPGRADE = 5;
export const EXPECT = 6;
/** Ends at each hop. */
export const HOP = 7;
/** Only a proxy may say it; a client's is dropped. */
export const PROXY_ONLY = 8;
/** Those a trusted proxy in front of us may say. */
export const X_FORWARDED_FOR = 9;
export const X_FORWARDED_PROTO = 10;
export const X_FORWARDED_HOST = 11;
export const ACCEPT = 12;
export const AUTHORIZATION = 13;
export const COOKIE = 14;
export const ACCEPT_ENCODING = 15;
export const CONTENT_TYPE = 16;
export const CONTENT_ENCODING = 17;
export const CACHE_CONTROL = 18;
export const ETAG = 19;
export const VARY = 20;
export const STRICT_TRANSPORT_SECURITY = 21;
export const ACCEPT_RANGES = 22;

export type FieldKind = number;

type Known = { name: Uint8Array; kind: FieldKind };

/** Known names by their length. */
export class FieldNames {
  private readonly byLength: (readonly Known[] | undefined)[] = [];
  private readonly prefixes: readonly Known[];

  constructor(names: Readonly<Record<string, FieldKind>>, prefixes: Readonly<Record<string, FieldKind>>) {
    for (const [name, kind] of Object.entries(names)) {
      this.byLength[name.length] = [...(this.byLength[name.length] ?? []), { name: ascii(name), kind }];
    }
    this.prefixes = Object.entries(prefixes).map(([name, kind]) => ({ name: ascii(name), kind }));
  }

  /** The kind of a field by its name; with `_` for `-` too, which some upstreams take for the same. */
  classify(bytes: Uint8Array, start: number, end: number): FieldKind {
    const first = FOLD[bytes[start] as number];
    const known = this.byLength[end - start];
    if (known !== undefined) {
      for (const { name, kind } of known) {
        if (name[0] === first && equalsFolded(bytes, start, end, name)) return kind;
      }
    }
    for (const { name, kind } of this.prefixes) {
      if (name[0] !== first || end - start <= name.length) continue;
      if (equalsFolded(bytes, start, start + name.length, name)) return kind;
    }
    return PLAIN;
  }
}

/** Dropped from every message, besides those named in Connection. Source: RFC 9110 section 7.6.1. */
const HOP_BY_HOP = {
  "keep-alive": HOP,
  "proxy-connection": HOP,
  "proxy-authenticate": HOP,
  "proxy-authorization": HOP,
  te: HOP,
};

/** Framing, routing and connections: never to be taken from a trailer (RFC 9110 section 6.5.1), nor from an odd spelling. */
const CONTROL = {
  host: HOST,
  "content-length": CONTENT_LENGTH,
  "transfer-encoding": TRANSFER_ENCODING,
  connection: CONNECTION,
  upgrade: UPGRADE,
  ...HOP_BY_HOP,
};

/**
 * What only a proxy may say. `proxy` is httpoxy (CVE-2016-5385); the addresses are believed by frameworks that were once
 * behind some provider's proxy.
 */
const FORGEABLE = {
  forwarded: PROXY_ONLY,
  proxy: PROXY_ONLY,
  "x-real-ip": PROXY_ONLY,
  "x-client-ip": PROXY_ONLY,
  "x-cluster-client-ip": PROXY_ONLY,
  "true-client-ip": PROXY_ONLY,
  "cf-connecting-ip": PROXY_ONLY,
  "x-original-url": PROXY_ONLY,
  "x-rewrite-url": PROXY_ONLY,
  "x-request-id": PROXY_ONLY,
};
const FORGEABLE_PREFIXES = { "x-forwarded-": PROXY_ONLY, "x-homeport-": PROXY_ONLY };

export const REQUEST_FIELDS = new FieldNames(
  {
    ...CONTROL,
    ...FORGEABLE,
    "x-forwarded-for": X_FORWARDED_FOR,
    "x-forwarded-proto": X_FORWARDED_PROTO,
    "x-forwarded-host": X_FORWARDED_HOST,
    expect: EXPECT,
    accept: ACCEPT,
    authorization: AUTHORIZATION,
    cookie: COOKIE,
    "accept-encoding": ACCEPT_ENCODING,
  },
  FORGEABLE_PREFIXES,
);

export const RESPONSE_FIELDS = new FieldNames(
  {
    ...CONTROL,
    host: PLAIN,
    "x-request-id": PROXY_ONLY,
    "content-type": CONTENT_TYPE,
    "content-encoding": CONTENT_ENCODING,
    "cache-control": CACHE_CONTROL,
    etag: ETAG,
    vary: VARY,
    "accept-ranges": ACCEPT_RANGES,
    "strict-transport-security": STRICT_TRANSPORT_SECURITY,
  },
  {},
);

/** Names that a trailer must not have: upstreams that merge trailers into the head would take them for the head's. */
export const TRAILER_FIELDS = new FieldNames(
  { ...CONTROL, ...FORGEABLE, authorization: AUTHORIZATION, cookie: COOKIE, expect: EXPECT },
  FORGEABLE_PREFIXES,
);
