import { createHash } from "node:crypto";
import { DomainError } from "../errors.ts";
import { verifyIdentity } from "../identity.ts";
import { ANONYMOUS, type MemberPrincipal, type Principal } from "../principal.ts";
import { Secret } from "../secret.ts";
import { onAccessChange } from "./access-changes.ts";
import { originOf } from "./request.ts";

/** A secret that a caller presented: the value of a session cookie, or an `hp_` token. */
export type Credential = { kind: "session" | "token"; value: Secret };

/** Tells whose credential it is; null when it is unknown, expired or revoked. @throws {DomainError} unavailable */
export type ResolveCredential = (credential: Credential) => Promise<MemberPrincipal | null>;

/** Cookie of a session: the host prefix binds it to this host and to https (RFC 6265bis section 4.1.3). */
export const SESSION_COOKIE = "homeport";
export const SECURE_SESSION_COOKIE = "__Host-homeport";

export const TOKEN_PREFIX = "hp_";

/** Who makes this request. A credential that no longer holds is the same as none. */
export const authenticate = async (
  headers: Headers,
  identityKey: Buffer,
  resolve: ResolveCredential,
): Promise<Principal> => {
  const bearer = bearerOf(headers);
  if (bearer !== null) return authenticateBearer(bearer, identityKey, resolve);
  const session = sessionOf(headers);
  if (session === null) return ANONYMOUS;
  return (await resolve({ kind: "session", value: session })) ?? ANONYMOUS;
};

/** The same for a password of HTTP Basic or a token from anywhere else. */
export const authenticateBearer = async (
  bearer: Secret,
  identityKey: Buffer,
  resolve: ResolveCredential,
): Promise<Principal> => {
  if (bearer.reveal().startsWith(TOKEN_PREFIX)) return (await resolve({ kind: "token", value: bearer })) ?? ANONYMOUS;
  return (await verifyIdentity(identityKey, bearer.reveal())) ?? ANONYMOUS;
};

const bearerOf = (headers: Headers): Secret | null => {
  const match = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(headers.get("authorization") ?? "");
  return match?.[1] === undefined ? null : new Secret(match[1]);
};

/** The session's cookie. Over https only the host-bound one counts: any subdomain, a tenant's too, can set the other. */
export const sessionOf = (headers: Headers): Secret | null => {
  const pair = sessionCookieOf(headers)?.reveal();
  return pair === undefined ? null : new Secret(pair.slice(pair.indexOf("=") + 1));
};

/** The same with its name, as the header has it. */
export const sessionCookieOf = (headers: Headers): Secret | null => {
  const wanted = originOf(headers).startsWith("https:") ? SECURE_SESSION_COOKIE : SESSION_COOKIE;
  for (const pair of (headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === wanted && value) return new Secret(`${name}=${value}`);
  }
  return null;
};

const FRESH_MS = 5_000;
const STALE_MS = 60_000;
const MAX_ENTRIES = 5_000;

/**
 * Remembers answers until somebody's access changes, and for at most 5 s, which bounds how long a revoked credential
 * still works where that is not heard of; up to 60 s when the auth app cannot be reached, so that its restart signs
 * nobody out.
 */
export const cachedResolver = (resolve: ResolveCredential, now: () => number = Date.now): ResolveCredential => {
  const known = new Map<string, { seenAt: number; changes: number; principal: MemberPrincipal | null }>();
  let changes = 0;
  onAccessChange(() => {
    changes += 1; // entries of before are asked for anew, but not forgotten: auth may be away just now
  });
  return async (credential) => {
    const key = `${credential.kind}:${createHash("sha256").update(credential.value.reveal()).digest("base64")}`;
    const hit = known.get(key);
    if (hit !== undefined && hit.changes === changes && now() - hit.seenAt < FRESH_MS) return hit.principal;
    const asked = changes; // an answer from before a change may be wrong by the time it is here
    try {
      const principal = await resolve(credential);
      if (known.size >= MAX_ENTRIES) known.clear(); // a cache, so emptying it is always right
      known.set(key, { seenAt: now(), changes: asked, principal });
      return principal;
    } catch (err) {
      const mayServeStale = err instanceof DomainError && err.code === "unavailable";
      if (mayServeStale && hit !== undefined && now() - hit.seenAt < STALE_MS) return hit.principal;
      throw err;
    }
  };
};
