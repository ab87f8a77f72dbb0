import type { Actor } from "@homeport/kit/principal.ts";
import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";

/** A policy as it is kept, with the hashes of its passwords. */
export type Policy = {
  host: string;
  policy: RoutePolicy;
  /** Of the whole table, when this policy was changed last. */
  revision: number;
  updatedAt: Date;
  /** Who changed it last, as they were called then. */
  updatedBy: Actor;
};

/** All policies as of one revision, for gateways. */
export type PolicyTable = { revision: number; policies: { host: string; policy: unknown }[] };

/** Gateways keep all of them in memory. */
export const MAX_POLICIES = 5_000;

/** What a policy does, in words for a list; empty for one that does nothing. */
export const describePolicy = (policy: RoutePolicy): string[] => {
  const { redirects = [], allow, basicAuth, rateLimit, hsts } = policy;
  return [
    policy.maintenance === undefined ? null : "maintenance",
    redirects.length === 0 ? null : redirects.length === 1 ? "1 redirect" : `${redirects.length} redirects`,
    policy.signIn === undefined ? null : "platform sign-in",
    basicAuth === undefined
      ? null
      : basicAuth.users.length === 1
        ? "1 password"
        : `${basicAuth.users.length} passwords`,
    allow === undefined ? null : "allowed addresses",
    rateLimit === undefined ? null : `${rateLimit.requests} requests in ${rateLimit.windowSeconds} s`,
    policy.httpsOnly === true ? "HTTPS only" : null,
    hsts === undefined ? null : "HSTS",
    policy.compress === true ? "compression" : null,
    policy.sticky === true ? "sticky" : null,
    policy.maxBodyBytes === undefined ? null : "body limit",
    policy.connectTimeoutMs === undefined && policy.responseTimeoutMs === undefined ? null : "timeouts",
  ].filter((part) => part !== null);
};
