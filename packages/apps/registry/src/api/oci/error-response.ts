import type { DomainError } from "@homeport/kit/errors.ts";
import { OciError, TokenNeeded } from "../../errors.ts";

export const VERSION_HEADER = { "docker-distribution-api-version": "registry/2.0" };

/** Codes of failures that are not the protocol's own, by the domain's code. */
const CODES: Readonly<Partial<Record<string, string>>> = {
  unauthenticated: "UNAUTHORIZED",
  forbidden: "DENIED",
  not_found: "NAME_UNKNOWN",
  too_large: "SIZE_INVALID",
  rate_limited: "TOOMANYREQUESTS",
  unsupported: "UNSUPPORTED",
};

/** An error as clients of the protocol read it: OCI distribution specification 1.1, "Error codes". */
export const errorResponse = (
  error: DomainError,
  { request, requestId, origin }: { request: Request; requestId: string; origin: string },
): Response => {
  const code = error instanceof OciError ? error.ociCode : (CODES[error.code] ?? "UNKNOWN");
  const detail = error instanceof OciError ? error.detail : null;
  const body = JSON.stringify({ errors: [{ code, message: error.message, detail }] });
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-request-id": requestId,
    ...VERSION_HEADER,
    ...(error instanceof OciError ? error.headers : {}),
    ...(error instanceof TokenNeeded ? { "www-authenticate": challenge(error, origin) } : {}),
    ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
  };
  return new Response(request.method === "HEAD" ? null : body, { status: error.status, headers });
};

/** Where to fetch a token, under the address that the client itself used: it may be localhost, an IP or a host name. */
const challenge = ({ scope, insufficient }: TokenNeeded, origin: string): string =>
  [
    `Bearer realm="${origin}/v2/token"`,
    'service="homeport"',
    ...(scope === null ? [] : [`scope="${scope}"`]),
    ...(insufficient ? ['error="insufficient_scope"'] : []),
  ].join(",");
