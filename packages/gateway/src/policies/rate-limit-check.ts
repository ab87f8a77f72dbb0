import { hash } from "node:crypto";
import type { RateLimit } from "@homeport/kit/registry/policy.ts";
import { cookieOf } from "../plane/cookies.ts";
import { networkOf } from "./cidr.ts";
import type { PolicyOutcome, PolicyRequest } from "./policy-request.ts";
import type { RateLimits } from "./rate-limits.ts";
import { refuse } from "./refuse.ts";
import { gateCookieName } from "./sign-in-cookies.ts";
import type { Verdict } from "./sliding-window.ts";

/** The platform's session (kit/http/authenticate.ts): over https any subdomain can set the name without the host prefix. */
const SESSION_COOKIES = { http: "homeport", https: "__Host-homeport" } as const;
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i;
const MAX_SESSION_LENGTH = 4_096;
/**
 * Credentials are counted before anybody knows whether they hold, so a client that invents a new one for each request would
 * never be limited. So many new ones of one address count for themselves within a window; further ones count as the address.
 */
const NEW_CREDENTIALS_PER_ADDRESS = 50;
/** Names the policy in both header fields; an upstream may have policies of its own. */
const POLICY_NAME = '"gateway"';

/** RateLimit and RateLimit-Policy on every answer (draft-ietf-httpapi-ratelimit-headers-11), 429 with Retry-After beyond it. */
export function rateLimitCheck(scope: string, rules: RateLimit, limits: RateLimits) {
  const policy = `${POLICY_NAME};q=${rules.requests};w=${rules.windowSeconds}`;
  return (request: PolicyRequest): PolicyOutcome => {
    const verdict = limits.take(`${scope} ${subjectOf(rules, request, scope, limits)}`, rules);
    const headers = headersOf(policy, verdict);
    return verdict.isAllowed
      ? { kind: "pass", responseHeaders: headers }
      : refuse({ kind: "rate_limited", retryAfterSeconds: verdict.resetSeconds }, request, headers);
  };
}

function headersOf(policy: string, { remaining, resetSeconds }: Verdict): [string, string][] {
  return [
    ["RateLimit-Policy", policy],
    ["RateLimit", `${POLICY_NAME};r=${remaining};t=${resetSeconds}`],
  ];
}

function subjectOf(rules: RateLimit, request: PolicyRequest, scope: string, limits: RateLimits): string {
  const network = networkOf(request.clientAddress);
  const credential = rules.per === "user" ? credentialOf(request) : null;
  if (credential === null) return network;
  const user = hash("sha256", credential, "base64url");
  if (limits.has(`${scope} ${user}`, rules)) return user;
  const quota = { requests: NEW_CREDENTIALS_PER_ADDRESS, windowSeconds: rules.windowSeconds };
  return limits.takeLocally(`${scope} new ${network}`, quota).isAllowed ? user : network;
}

/** On the platform's hosts its session, on others the cookie of their gate. */
function credentialOf(request: PolicyRequest): string | null {
  const cookies = request.header("cookie") ?? "";
  for (const name of [SESSION_COOKIES[request.scheme], gateCookieName(request.scheme)]) {
    const session = cookieOf(cookies, name);
    if (session !== null && session !== "" && session.length <= MAX_SESSION_LENGTH) return session;
  }
  return BEARER.exec(request.header("authorization") ?? "")?.[1] ?? null;
}
