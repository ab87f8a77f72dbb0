import type { FieldIssue } from "@homeport/kit/errors.ts";
import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { coversAddress } from "./address-range.ts";

/** Where the platform's own parts reach each other, and whoever is at the machine reaches it. */
const LOOPBACK = ["127.0.0.1", "::1"];

/** Apps, agents and runners share one address: together they make some requests a second when nobody does anything. */
const MIN_REQUESTS_PER_SECOND = 10;
/** Forms, and what one sends to the API. */
const MIN_BODY_BYTES = 1024 * 1024;
/** Agents and runners ask by requests that wait up to 25 s for their answer. */
const MIN_RESPONSE_TIMEOUT_MS = 30_000;

/** What one needs to take a policy back: a way in, the pages with what they load, the API. */
const NEEDED_PATHS = ["/sign-in", "/admin/gateway", "/public", "/api", "/account", "/setup"];

/**
 * Why this policy may not be the platform's own: with it, nobody could sign in and take it back, or the platform's parts
 * could not reach each other. `author` is the address of whoever saves it; null when it is not known.
 */
export const platformIssues = (policy: RoutePolicy, author: string | null): FieldIssue[] => {
  const { allow, maintenance, rateLimit, redirects = [], maxBodyBytes, responseTimeoutMs } = policy;
  const issue = (path: string, message: string | null | false): FieldIssue[] =>
    typeof message === "string" ? [{ path, message }] : [];
  return [
    ...issue("allow", allow !== undefined && lockedOut(allow, author)),
    ...issue("maintenance.except", maintenance !== undefined && lockedOut(maintenance.except, author)),
    ...redirects.flatMap(({ from }, index) => issue(`redirects.${index}.from`, takesNeededPath(from))),
    ...issue(
      "basicAuth",
      policy.basicAuth !== undefined &&
        "cannot be used for the platform itself: its own parts, API tokens and docker login need the same header",
    ),
    ...issue(
      "signIn",
      policy.signIn !== undefined && "is what the platform does by itself; nobody could reach the sign-in page",
    ),
    ...issue(
      "rateLimit.requests",
      rateLimit !== undefined &&
        rateLimit.requests / rateLimit.windowSeconds < MIN_REQUESTS_PER_SECOND &&
        `must come to at least ${MIN_REQUESTS_PER_SECOND} a second for the platform itself: its own parts share one address`,
    ),
    ...issue(
      "maxBodyBytes",
      maxBodyBytes !== undefined &&
        maxBodyBytes < MIN_BODY_BYTES &&
        `must be at least ${MIN_BODY_BYTES} for the platform itself: it could not take its own forms otherwise`,
    ),
    ...issue(
      "responseTimeoutMs",
      responseTimeoutMs !== undefined &&
        responseTimeoutMs < MIN_RESPONSE_TIMEOUT_MS &&
        `must be at least ${MIN_RESPONSE_TIMEOUT_MS} for the platform itself: agents wait that long for news`,
    ),
  ];
};

const lockedOut = (ranges: readonly string[], author: string | null): string | null => {
  const loopback = LOOPBACK.filter((address) => !coversAddress(ranges, address));
  const isAuthorOut = author !== null && !LOOPBACK.includes(author) && !coversAddress(ranges, author);
  const reasons = [
    ...(loopback.length === 0
      ? []
      : [`${loopback.join(" and ")}, from where the platform's own parts and whoever is at the machine come`]),
    ...(isAuthorOut ? [`${author}, from where you come yourself`] : []),
  ];
  return reasons.length === 0
    ? null
    : `would lock out ${reasons.join("; and ")}. Add ${loopback.length + (isAuthorOut ? 1 : 0) === 1 ? "it" : "them"} to the list`;
};

const takesNeededPath = (from: string): string | null => {
  const isPrefix = from.endsWith("/*");
  const path = isPrefix ? from.slice(0, -2) : from;
  const taken = NEEDED_PATHS.find(
    (needed) => path === needed || path.startsWith(`${needed}/`) || (isPrefix && `${needed}/`.startsWith(`${path}/`)),
  );
  return taken === undefined ? null : `would take ${taken} away, without which nobody could take this policy back`;
};
