import postgres from "postgres";
import { DomainError } from "../errors.ts";

/** SQLSTATE codes of statements that lost against others and may be tried again. */
const BUSY = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "55P03", // lock_not_available: lock_timeout
  "57014", // query_canceled: statement_timeout
  "25P03", // idle_in_transaction_session_timeout
]);

/** What a broken constraint means in words of the app, by the constraint's name. */
export type ConstraintMessages = Readonly<Record<string, string>>;

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
]);

const DISK_FULL = "53100";
/** SQLSTATE classes and codes that mean "not now": shutting down, too many connections, no space, recovery. */
const NOT_NOW = /^(08|53|57P0[1235])/;

/**
 * The one place where what the driver throws becomes a DomainError. Anything it does not know comes back as it was,
 * and ends as "Internal error." outside and a full record in the log.
 */
export function translateDbError(err: unknown, messages: ConstraintMessages = {}): unknown {
  if (!(err instanceof Error) || err instanceof DomainError) return err;
  const notNow = unavailableDb(err);
  if (notNow !== null || !(err instanceof postgres.PostgresError)) return notNow ?? err;
  const own = messages[err.constraint_name ?? ""];
  switch (err.code) {
    case "23505": // unique_violation
    case "23P01": // exclusion_violation
      return new DomainError("conflict", own ?? "This exists already.", { cause: err });
    case "23503": // foreign_key_violation
      return new DomainError(
        "conflict",
        own ?? "This refers to something that does not exist, or is still referred to.",
        { cause: err },
      );
    case "23514": // check_violation
    case "22001": // string_data_right_truncation
      return new DomainError("invalid", own ?? "A value is not allowed here.", { cause: err });
    default:
      return err;
  }
}

/** What the database can say to any statement, whoever asked: that it is away or busy. Null for anything else. */
export const unavailableDb = (err: Error): DomainError | null => {
  if (codeOf(err) === DISK_FULL) {
    return new DomainError("unavailable", "The database's disk is full.", { cause: err, retryAfterSeconds: 30 });
  }
  if (isUnreachable(err)) {
    return new DomainError("unavailable", "The database cannot be reached.", { cause: err, retryAfterSeconds: 2 });
  }
  return err instanceof postgres.PostgresError && BUSY.has(err.code)
    ? new DomainError("unavailable", "The database is busy. Try again.", { cause: err, retryAfterSeconds: 1 })
    : null;
};

/** For the end of a query in a store: `.catch(dbError({ services_slug_key: "This name is taken." }))`. */
export const dbError =
  (messages: ConstraintMessages = {}) =>
  (err: unknown): never => {
    throw translateDbError(err, messages);
  };

/** Whether `err` is the database refusing a duplicate, of `constraint` if given. */
export const isUniqueViolation = (err: unknown, constraint?: string): boolean =>
  err instanceof postgres.PostgresError &&
  err.code === "23505" &&
  (constraint === undefined || err.constraint_name === constraint);

/** Whether it is the connection that failed: nothing more can be sent on it. The server closes it after a FATAL error. */
export const isConnectionLost = (err: unknown): boolean =>
  err instanceof Error &&
  (UNREACHABLE.has(codeOf(err)) || (err instanceof postgres.PostgresError && err.severity === "FATAL"));

/** Whether the database is away, restarting or full, rather than refusing the statement. */
export const isUnreachable = (err: unknown): boolean =>
  err instanceof Error && (UNREACHABLE.has(codeOf(err)) || NOT_NOW.test(codeOf(err)));

const codeOf = (err: Error): string => ("code" in err && typeof err.code === "string" ? err.code : "");
