import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { Reply } from "../error-pages.ts";

/**
 * What a policy may look at. Strings are made when asked for, so nothing is paid by requests without a policy. It stays
 * readable until the outcome is settled: what follows a wait reads it again.
 */
export interface PolicyRequest {
  readonly requestId: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Lower-case, without port or trailing dot. */
  readonly hostName: string;
  /** As it came, with its port. */
  readonly authority: string;
  readonly scheme: "http" | "https";
  readonly clientAddress: string;
  readonly isWebSocket: boolean;
  /** The value of a header by its lower-case name (several lines joined by ", "), or null. */
  header(name: string): string | null;
}

/**
 * The request goes on. `requestHeaders` are added for the upstream (the client's own of these names were dropped),
 * `responseHeaders` to the answer. `dropCookies`: names of cookies the upstream must not see.
 */
export type Pass = {
  kind: "pass";
  requestHeaders?: readonly (readonly [string, string])[];
  responseHeaders?: readonly (readonly [string, string])[];
  dropAuthorization?: boolean;
  dropCookies?: readonly string[];
};

export type PolicyOutcome =
  | Pass
  | { kind: "answer"; reply: Reply }
  /** Never rejects, is bounded in time, and resolves to pass or answer. */
  | { kind: "wait"; outcome: Promise<PolicyOutcome> };

/** Compiled once when a table is built. */
export interface Policy {
  readonly rules: RoutePolicy;
  apply(request: PolicyRequest): PolicyOutcome;
  /** Asked again of what stays open for long, like a WebSocket: whether who opened it may still be here. */
  recheck(request: PolicyRequest): PolicyOutcome;
}

/** Lets through who is signed in with the platform; answers everybody else with the way to the sign-in page. */
export interface SignInGate {
  check(scope: string, rules: { organisationId?: string | undefined }, request: PolicyRequest): PolicyOutcome;
}

/** A request without objection. Shared and never changed, so that most requests allocate nothing here. */
export const PASS: Pass = Object.freeze({ kind: "pass" });
