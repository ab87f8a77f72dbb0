/**
 * What can go wrong in words of the domain. Services throw these; one table below turns a code into an HTTP status,
 * and a new code does not compile until it has one.
 */
export type ErrorCode =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "unverified"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "gone"
  | "too_large"
  | "unsupported"
  | "unprocessable"
  | "rate_limited"
  | "unavailable"
  | "internal";

export const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  unverified: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorCode, number>;

/** One field of the input that was refused; `path` is dotted, e.g. `source.url`. */
export type FieldIssue = { path: string; message: string };

export type DomainErrorOptions = {
  cause?: unknown;
  issues?: FieldIssue[];
  retryAfterSeconds?: number;
  /** What a program needs to go on, such as both versions of what two changed at once. It is sent. */
  details?: Record<string, unknown>;
};

/** An expected failure with a sentence for people. The cause is logged, never sent. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly issues: FieldIssue[];
  readonly retryAfterSeconds: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DomainError";
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** @throws {Error} when `condition` is false: a state that the code holds to be impossible. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${why}`);
}
