import { wantsHtml } from "../error-pages.ts";
import type { PolicyRequest } from "./policy-request.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** A page that a person opens, not what its scripts fetch: those could not follow to another host. */
export function isPageVisit(request: PolicyRequest): boolean {
  if (request.method !== "GET" || request.isWebSocket || !wantsHtml(request.header("accept"))) return false;
  return (request.header("sec-fetch-mode") ?? "navigate") === "navigate"; // older browsers do not say (Fetch Metadata)
}

/**
 * Whether another site makes this browser write, or open a WebSocket. Hosts of other tenants below one base domain are the
 * same site to browsers, so SameSite does not keep cookies from their requests; `Origin` tells (Fetch standard, section
 * 3.2). Schemes are not compared: something in front of us may have taken TLS off.
 */
export function isForeignWrite(request: PolicyRequest): boolean {
  if (SAFE_METHODS.has(request.method) && !request.isWebSocket) return false;
  const origin = request.header("origin");
  if (origin === null) return false; // no browser, and then nobody's cookie but its own
  const site = `${request.scheme}://${request.authority}`;
  return !URL.canParse(origin) || !URL.canParse(site) || new URL(origin).host !== new URL(site).host;
}
