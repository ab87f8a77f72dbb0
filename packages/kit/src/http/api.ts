import {
  type ContractProcedure,
  type InferSchemaInput,
  type InferSchemaOutput,
  isContractProcedure,
} from "@orpc/contract";
import { OpenAPIHandler } from "@orpc/openapi/fetch";
import { type AnyRouter, implement, ORPCError } from "@orpc/server";
import { callOf, runInCall } from "../audit/call.ts";
import type { Contract, RouteMeta } from "../contract.ts";
import { DomainError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Principal } from "../principal.ts";
import { type Access, type Admitted, admit, type CallContext, refuseStranger } from "./context.ts";
import type { Idempotency } from "./idempotency.ts";
import { problemResponse, toDomainError } from "./problem.ts";
import { clientAddressOf, originOf, readBounded } from "./request.ts";
import { routeTable, toContractMethod } from "./route-table.ts";

/** What an app implements: one function for each route of its contract, under the same names. */
export type Handlers<C> =
  C extends ContractProcedure<infer In, infer Out, infer _E, infer _M>
    ? (context: CallContext, input: InferSchemaOutput<In>) => Promise<InferSchemaInput<Out>>
    : { [K in keyof C]: Handlers<C[K]> };

/** Contract routes carry settings and text, never files; those go through streams with limits of their own. */
const MAX_BODY_BYTES = 1024 * 1024;

type RpcContext = Omit<CallContext, keyof Admitted>;
type AnyHandler = (context: CallContext, input: unknown) => Promise<unknown>;

export type ContractApi = (
  request: Request,
  principal: Principal,
  requestId: string,
) => Promise<{ response: Response; error: DomainError | null } | null>;

export type ContractOptions = {
  access: Access;
  prefix: `/${string}`;
  /** Null for an app without a database. */
  idempotency: Idempotency | null;
  log: Logger;
};

/**
 * Serves a contract below `prefix`. Each call is authorized before its input is validated in full and again once the
 * thing it is about is loaded. Answers null when no route matches.
 */
export const serveContract = <C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: ContractOptions,
): ContractApi => {
  const { access, prefix, log } = options;
  const router = buildRouter(contract, handlers, options);
  const lookUp = routeTable(contract, prefix);
  const failures = new WeakMap<Request, DomainError>();
  const handler = new OpenAPIHandler<RpcContext & { original: Request }>(router, {
    clientInterceptors: [
      async (options) => {
        try {
          return await options.next();
        } catch (err) {
          const failure = toDomainError(err);
          failures.set(options.context.original, failure);
          throw new ORPCError("INTERNAL_SERVER_ERROR", { cause: failure });
        }
      },
    ],
  });
  return async (request, principal, requestId) => {
    const method = toContractMethod(request.method);
    const { row, allowed } = lookUp(method, new URL(request.url).pathname);
    try {
      if (row !== null) refuseStranger(access, principal, row.action); // before a byte of the body is read
      const bounded = await bound(request, method);
      const responseHeaders = new Headers({ "x-request-id": requestId, "cache-control": "no-store" });
      const context = {
        principal,
        requestId,
        clientAddress: clientAddressOf(request.headers),
        origin: originOf(request.headers),
        headers: request.headers,
        signal: request.signal,
        responseHeaders,
        original: request,
      };
      const { matched, response } = await handler.handle(bounded, { prefix, context });
      if (!matched) return allowed.length === 0 ? null : wrongMethod(allowed, requestId, log);
      const failure = failures.get(request) ?? (response.status >= 400 ? unreadable() : null);
      if (failure !== null) return failed(failure, requestId, log);
      for (const [name, value] of responseHeaders) response.headers.append(name, value);
      return { response, error: null };
    } catch (err) {
      return failed(toDomainError(err), requestId, log);
    }
  };
};

/** The request with its body in memory. No body is an empty object: a route may want nothing but its path. */
const bound = async (request: Request, method: string): Promise<Request> => {
  const body = method === "GET" ? null : await readBounded(request, MAX_BODY_BYTES);
  if (method === "GET" || (body !== null && body.byteLength > 0)) {
    return new Request(request.url, { method, headers: request.headers, body });
  }
  const headers = new Headers(request.headers);
  headers.set("content-type", "application/json");
  headers.delete("content-length");
  return new Request(request.url, { method, headers, body: "{}" });
};

/** oRPC answers a body that is no JSON by itself, before any interceptor. */
const unreadable = () => new DomainError("invalid", "The request body could not be read as JSON.");

/** RFC 9110 section 15.5.6 wants the methods that there are. */
const wrongMethod = (allowed: string[], requestId: string, log: Logger) => {
  const error = new DomainError("method_not_allowed", `This address takes ${allowed.join(", ")}.`);
  const answer = failed(error, requestId, log);
  answer.response.headers.set("allow", allowed.join(", "));
  return answer;
};

const failed = (error: DomainError, requestId: string, log: Logger) => {
  if (error.status >= 500) log.error({ err: error, requestId }, "request failed");
  return { response: problemResponse(error, requestId), error };
};

const buildRouter = <C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  { access, idempotency }: ContractOptions,
): AnyRouter => {
  // Input is validated after the first middleware, so that a stranger learns nothing from validation messages.
  const os = implement(contract).$context<RpcContext>().$config({ initialInputValidationIndex: 1 });
  const build = (node: Contract, implementer: unknown, functions: unknown, path: string): unknown => {
    if (!isContractProcedure(node)) {
      return Object.fromEntries(
        Object.entries(node).map(([key, child]) => {
          const at = path === "" ? key : `${path}.${key}`;
          return [key, build(child as Contract, pick(implementer, key), pick(functions, key), at)];
        }),
      );
    }
    const { action, resource, secret } = node["~orpc"].meta as RouteMeta;
    const route = { name: path, method: node["~orpc"].route.method ?? "POST" };
    if (!action || !resource) throw new Error(`Route ${path} has no action or no resource.`);
    if (typeof functions !== "function") throw new Error(`Route ${path} has no handler.`);
    const handle = functions as AnyHandler;
    const procedure = implementer as ProcedureImplementer;
    return procedure
      .use(({ context, next }) => {
        refuseStranger(access, context.principal, action);
        return next();
      })
      .handler(async ({ context, input }) => {
        const admitted = await admit(
          access,
          context.principal,
          action,
          resource,
          (input ?? {}) as Record<string, unknown>,
        );
        const call = { ...context, ...admitted };
        const work = () => runInCall(callOf(call), () => handle(call, input));
        return idempotency === null || secret === true ? work() : idempotency(call, route, input, work);
      });
  };
  return build(contract, os, handlers, "") as AnyRouter;
};

/** The two methods used of oRPC's procedure implementer; its own type cannot be named for a contract of any shape. */
type ProcedureImplementer = {
  use(middleware: (options: { context: RpcContext; next: () => unknown }) => unknown): ProcedureImplementer;
  handler(run: (options: { context: RpcContext; input: unknown }) => Promise<unknown>): unknown;
};

const pick = (from: unknown, key: string): unknown => (from as Record<string, unknown>)[key];
