import { hash } from "node:crypto";

/** Names the replica that a visitor stays on. */
export const STICKY_COOKIE = "homeport-replica";
const VALUE_DIGITS = 16;
const COOKIE = new RegExp(`(?:^|[;,])[ \\t]*${STICKY_COOKIE}=([0-9a-f]{${VALUE_DIGITS}})[ \\t]*(?:[;,]|$)`);

/** The replica that a request asks for, or null. `cookieHeader`: the lines of the header joined with `; ` or `, `. */
export function readSticky(cookieHeader: string | null): string | null {
  return cookieHeader === null ? null : (COOKIE.exec(cookieHeader)?.[1] ?? null);
}

/** Stands for one instance of one route. Hashed, so that names and addresses inside do not leak; 64 bits, as it is no secret. */
export function stickyValue(instance: string, routeId: string): string {
  return hash("sha256", `${instance}\n${routeId}`, "hex").slice(0, VALUE_DIGITS);
}

/** A Set-Cookie value for the browser's session (RFC 6265 section 4.1): the replica may be gone tomorrow. */
export function setCookie(value: string, scheme: "http" | "https"): string {
  return `${STICKY_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax${scheme === "https" ? "; Secure" : ""}`;
}
