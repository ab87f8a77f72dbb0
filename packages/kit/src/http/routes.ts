import type { Context as HonoContext } from "hono";
import { callOf, runInCall } from "../audit/call.ts";
import { DomainError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Principal } from "../principal.ts";
import { type Access, admit, type CallContext, isSameScope, type Scope } from "./context.ts";
import { problemResponse, toDomainError } from "./problem.ts";
import { clientAddressOf, originOf } from "./request.ts";

/**
 * A route outside the contract: streams and protocols that others defined (OCI, SSE, archives). A row of the same
 * table all the same: without an action it does not start.
 */
export type RawRoute = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute, with Hono's parameters: `/api/v1/ci/uploads/:id`, `/v2/:rest{.+}`. */
  path: `/${string}`;
  action: string;
  resource: string;
  /** Whether this is the address of a WebSocket, asked without an upgrade. */
  isSocket?: true;
  handle: (context: RawContext) => Promise<Response>;
  /** For protocols with an error format of their own; problem+json otherwise. */
  onError?: (error: DomainError, context: { requestId: string; request: Request; origin: string }) => Response;
};

export type RawContext = Omit<CallContext, "responseHeaders"> & {
  request: Request;
  /**
   * Whether the caller still may, and as far as when this began: for what goes on for long. Asks anew each time. Who has lost
   * one of several projects, or works in another organisation, must begin anew.
   */
  mayStill: () => Promise<boolean>;
  url: URL;
  params: Record<string, string>;
};

/** Builds the Hono handler of a raw route: authorize, run, turn errors into answers. */
export const serveRaw =
  (
    route: RawRoute,
    access: Access,
    authenticated: (request: Request, requestId: string) => Promise<Principal>,
    log: Logger,
  ) =>
  async (c: HonoContext, requestId: string): Promise<Response> => {
    const request = c.req.raw;
    const origin = originOf(request.headers);
    try {
      const principal = await authenticated(request, requestId);
      const url = new URL(c.req.url);
      const params = c.req.param() as Record<string, string>;
      const input = { ...Object.fromEntries(url.searchParams), ...params };
      const admitted = await admit(access, principal, route.action, route.resource, input);
      const context: RawContext = {
        principal,
        ...admitted,
        requestId,
        clientAddress: clientAddressOf(request.headers),
        origin,
        headers: request.headers,
        signal: request.signal,
        request,
        url,
        params,
        mayStill: () => isAdmitted(() => authenticated(request, requestId), access, route, input, admitted.scope),
      };
      return await runInCall(callOf(context), () => route.handle(context));
    } catch (err) {
      const failure = toDomainError(err);
      if (failure.status >= 500) log.error({ err: failure, requestId }, "request failed");
      return route.onError?.(failure, { requestId, request, origin }) ?? problemResponse(failure, requestId);
    }
  };

/** False for who may not, or not as far as before; what could not be found out is thrown. */
const isAdmitted = async (
  authenticated: () => Promise<Principal>,
  access: Access,
  { action, resource }: RawRoute,
  input: Record<string, unknown>,
  before: Scope | null,
): Promise<boolean> => {
  try {
    const { scope } = await admit(access, await authenticated(), action, resource, input);
    return isSameScope(scope, before);
  } catch (err) {
    const failure = toDomainError(err);
    if (failure.status < 500) return false;
    throw failure;
  }
};

/** Parses the query and path parameters of a raw route. @throws {DomainError} invalid */
export const intParam = (value: string | null | undefined, name: string, fallback: number, max: number): number => {
  if (value === null || value === undefined || value === "") return fallback;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= max) return number;
  throw new DomainError("invalid", `${name}: must be a whole number from 0 to ${max}.`);
};
