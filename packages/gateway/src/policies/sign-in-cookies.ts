import { hash, randomBytes } from "node:crypto";
import { readClaims, signClaims } from "@homeport/kit/signed-claims.ts";
import { z } from "zod";

type Scheme = "http" | "https";

/** What a cookie is good for, besides its session. */
export type Place = { host: string; scope: string };

/** How long it works; the session may end before. */
export const GATE_COOKIE_MS = 12 * 3_600_000;

/** Over https the prefix binds a cookie to its host: any subdomain, a tenant's too, can set the others (RFC 6265bis section 4.1.3). */
export const gateCookieName = (scheme: Scheme): string =>
  scheme === "https" ? "__Host-homeport-gate" : "homeport-gate";
const stateCookie = (scheme: Scheme): string => `${gateCookieName(scheme)}-state`;

/** What an upstream must not see: with it, it could be this visitor elsewhere on its own host. */
export const GATE_COOKIES: readonly string[] = (["http", "https"] as const).flatMap((scheme) => [
  gateCookieName(scheme),
  stateCookie(scheme),
]);

const Claims = z.object({ host: z.string(), scope: z.string(), sessionId: z.uuid() });

/** Of several with our name one is the visitor's and the others were planted; more than these are not looked at. */
const MAX_CANDIDATES = 4;

/** The session that a Cookie header proves for this place, or null. */
export function readGateCookie(
  key: Uint8Array,
  cookies: string | null,
  scheme: Scheme,
  place: Place,
  now: Date,
): string | null {
  for (const value of cookiesOf(cookies, gateCookieName(scheme)).slice(0, MAX_CANDIDATES)) {
    const claims = readClaims(key, value, Claims, now);
    if (claims !== null && claims.host === place.host && claims.scope === place.scope) return claims.sessionId;
  }
  return null;
}

/** The Set-Cookie value for a session that came through the gate of this place. */
export function gateCookieFor(key: Uint8Array, sessionId: string, scheme: Scheme, place: Place, now: Date): string {
  const claims: z.infer<typeof Claims> = { ...place, sessionId };
  const value = signClaims(key, claims, new Date(now.getTime() + GATE_COOKIE_MS));
  return setCookie(gateCookieName(scheme), value, scheme, GATE_COOKIE_MS);
}

const STATE = /^[A-Za-z0-9_-]{22}$/;

/** A random value of this browser's that its way to the platform and back is bound to; null when it brings none. */
export function readState(cookies: string | null, scheme: Scheme): string | null {
  return cookiesOf(cookies, stateCookie(scheme)).find((value) => STATE.test(value)) ?? null;
}

export const newState = (): string => randomBytes(16).toString("base64url");

/** What addresses carry of it: who reads one cannot make the cookie. */
export const stateHash = (state: string): string => hash("sha256", state, "base64url");

export function stateCookieFor(state: string, scheme: Scheme, lifetimeMs: number): string {
  return setCookie(stateCookie(scheme), state, scheme, lifetimeMs);
}

function setCookie(name: string, value: string, scheme: Scheme, lifetimeMs: number): string {
  const secure = scheme === "https" ? "; Secure" : "";
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}; Max-Age=${lifetimeMs / 1_000}`;
}

function cookiesOf(header: string | null, name: string): string[] {
  if (header === null || !header.includes(name)) return [];
  return header.split(";").flatMap((pair) => {
    const text = pair.trim();
    return text.startsWith(`${name}=`) ? [text.slice(name.length + 1)] : [];
  });
}
