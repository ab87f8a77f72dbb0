import { ORPCError, ValidationError } from "@orpc/server";
import type { ZodError } from "zod";
import { unavailableDb } from "../db/errors.ts";
import { DomainError, type ErrorCode, type FieldIssue, STATUS } from "../errors.ts";

/** An error on the wire: RFC 9457, with our `code`, the request's id, the refused fields, and what a program can go on with. */
export type Problem = {
  type: "about:blank";
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  requestId: string;
  errors?: FieldIssue[];
  /** An extension member (RFC 9457 section 3.2), whose fields the route says. */
  details?: Record<string, unknown>;
};

const TITLES: Record<ErrorCode, string> = {
  invalid: "Invalid request",
  unauthenticated: "Sign-in needed",
  unverified: "Confirm that it is you",
  forbidden: "Not allowed",
  not_found: "Not found",
  method_not_allowed: "Method not allowed",
  conflict: "Conflict",
  gone: "Gone",
  too_large: "Too large",
  unsupported: "Unsupported",
  unprocessable: "Cannot be done",
  rate_limited: "Too many requests",
  internal: "Internal error",
  unavailable: "Unavailable for now",
};

export const titleOf = (code: ErrorCode): string => TITLES[code];

export const toProblem = (err: DomainError, requestId: string): Problem => ({
  type: "about:blank",
  title: TITLES[err.code],
  status: err.status,
  code: err.code,
  detail: err.message,
  requestId,
  ...(err.issues.length > 0 ? { errors: err.issues } : {}),
  ...(err.details === undefined ? {} : { details: err.details }),
});

export const problemResponse = (err: DomainError, requestId: string): Response =>
  Response.json(toProblem(err, requestId), { status: err.status, headers: problemHeaders(err, requestId) });

const problemHeaders = (err: DomainError, requestId: string): Record<string, string> => ({
  "content-type": "application/problem+json",
  "cache-control": "no-store",
  "x-request-id": requestId,
  ...(err.retryAfterSeconds === undefined ? {} : { "retry-after": String(err.retryAfterSeconds) }),
});

/** Everything that was thrown becomes a DomainError; what nobody expected becomes `internal`, with the cause kept. */
export const toDomainError = (err: unknown): DomainError => {
  if (err instanceof DomainError) return err;
  if (err instanceof ORPCError) return fromOrpc(err);
  return fromDatabase(err) ?? new DomainError("internal", "Internal error.", { cause: err });
};

/** What the database can say to any statement; the rest is translated where the statement is. */
const fromDatabase = (err: unknown): DomainError | null => {
  if (!(err instanceof Error && "code" in err)) return null;
  // A file that is missing has the same code as a socket that is.
  const isFile = err.code === "ENOENT" && "syscall" in err && err.syscall !== "connect";
  const notNow = isFile ? null : unavailableDb(err);
  if (notNow !== null) return notNow;
  // character_not_in_repertoire: the one character that Postgres' text cannot hold
  return err.code === "22021" ? new DomainError("invalid", "Text must not contain NUL.", { cause: err }) : null;
};

/** oRPC's own errors: refused input, output that breaks the contract, a body that does not parse. */
const fromOrpc = (err: ORPCError<string, unknown>): DomainError => {
  if (err.cause instanceof DomainError) return err.cause;
  if (err.status === STATUS.invalid) {
    const issues = err.cause instanceof ValidationError ? err.cause.issues.slice(0, 20).map(toIssue) : [];
    const detail = issues.length > 0 ? describeIssues(issues) : "The request body could not be read as JSON.";
    return new DomainError("invalid", detail, { cause: err, issues });
  }
  const code = (Object.keys(STATUS) as ErrorCode[]).find((known) => STATUS[known] === err.status);
  return code === undefined || code === "internal"
    ? new DomainError("internal", "Internal error.", { cause: err.cause ?? err })
    : new DomainError(code, err.message, { cause: err });
};

const toIssue = (issue: { path?: readonly unknown[] | undefined; message: string }): FieldIssue => ({
  path: (issue.path ?? []).map((part) => String(segmentKey(part))).join("."),
  message: keyProblem(issue) ?? issue.message,
});

/** zod says "Invalid key in record" and keeps what is wrong with the key one level down. */
const keyProblem = (issue: object): string | null => {
  if (!("code" in issue) || issue.code !== "invalid_key" || !("issues" in issue)) return null;
  const [first] = issue.issues as { message: string }[];
  return first?.message ?? null;
};

/** Standard Schema allows a path segment to be a key or an object with one. */
const segmentKey = (part: unknown): unknown =>
  typeof part === "object" && part !== null && "key" in part ? part.key : part;

const describeIssues = (issues: FieldIssue[]): string =>
  issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join("; ");

/** For input that does not go through a contract: forms, queries of streams, headers. */
export const invalidFrom = (error: ZodError): DomainError => {
  const issues = error.issues.slice(0, 20).map(toIssue);
  return new DomainError("invalid", describeIssues(issues), { issues });
};
