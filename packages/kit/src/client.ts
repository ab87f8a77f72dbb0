import { createORPCClient, ORPCError } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import { OpenAPILink } from "@orpc/openapi-client/fetch";
import { z } from "zod";
import type { Contract } from "./contract.ts";
import { DomainError, type ErrorCode, STATUS } from "./errors.ts";

export type ClientOptions = {
  /** Scheme, host and port of the platform, without a path. */
  url: string;
  /** The value of the Authorization header after `Bearer `; asked for each call, so that short-lived ones work. */
  token: () => Promise<string> | string;
  /** Longer than the longest long poll. */
  timeoutMs?: number;
};

/** Of an error answer no more is read, and of one that is no problem+json no more is told. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_DETAIL = 300;

const Problem = z.object({
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/**
 * A typed client of one app's contract. Failures are thrown as the DomainError that the app threw; a platform that
 * cannot be reached, or answers nonsense, is `unavailable`.
 */
export const clientOf = <C extends Contract>(contract: C, appId: string, options: ClientOptions) => {
  const link = new OpenAPILink(contract, {
    url: `${options.url}/api/v1/${appId}`,
    headers: async () => ({ authorization: `Bearer ${await options.token()}` }),
    fetch: (request, init) => fetchOrFail(request, init, options.timeoutMs ?? 35_000),
  });
  return createORPCClient(link) as ContractRouterClient<C>;
};

const fetchOrFail = async (request: Request, init: RequestInit, timeoutMs: number): Promise<Response> => {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  let response: Response;
  try {
    response = await fetch(request, { ...init, redirect: "manual", signal });
  } catch (err) {
    if (request.signal.aborted) throw err;
    throw new DomainError("unavailable", `${new URL(request.url).origin} does not answer.`, { cause: err });
  }
  if (response.ok) return response;
  throw await errorFrom(response);
};

/** Turns an error answer of the platform back into the error it was. */
export const errorFrom = async (response: Response): Promise<DomainError> => {
  const text = await readStart(response);
  const problem = Problem.safeParse(parseJson(text));
  if (!problem.success) {
    const code = response.status === STATUS.not_found ? "not_found" : "unavailable";
    return new DomainError(code, `HTTP ${response.status}: ${text.slice(0, MAX_DETAIL)}`);
  }
  const code = Object.hasOwn(STATUS, problem.data.code) ? (problem.data.code as ErrorCode) : "unavailable";
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new DomainError(code, problem.data.detail, {
    issues: problem.data.errors ?? [],
    ...(problem.data.details === undefined ? {} : { details: problem.data.details }),
    ...(Number.isInteger(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {}),
  });
};

const readStart = async (response: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_ERROR_BYTES) break;
  }
  return text;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null; // an error page of something in between
  }
};

/** The DomainError inside whatever a client call threw. */
export const clientError = (err: unknown): DomainError => {
  if (err instanceof DomainError) return err;
  if (err instanceof ORPCError && err.cause instanceof DomainError) return err.cause;
  return new DomainError("unavailable", err instanceof Error ? err.message : "The call failed.", { cause: err });
};
