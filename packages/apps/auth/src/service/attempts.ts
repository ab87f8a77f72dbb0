import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { WINDOW_MS } from "../sign-in-limit.ts";
import { clearAttempts, countAttempt, forgetAttempt } from "../store/sign-in-attempts.ts";

/** Counts of what people get wrong, by whom and from where; in the database, so that they outlive restarts. */
export const createAttempts = (sql: Sql) => {
  /** Counts one; the seconds to wait when that is more than `max`, otherwise null. */
  const count = async (subject: string, max: number, windowMs = WINDOW_MS): Promise<number | null> => {
    const { count: taken, windowEndsAt } = await countAttempt(sql, subject, windowMs);
    return taken <= max ? null : Math.max(1, Math.ceil((windowEndsAt.getTime() - Date.now()) / 1000));
  };
  return {
    count,
    /** Counts one before it is made. @throws {DomainError} rate_limited */
    async take(subject: string, max: number, what: string): Promise<void> {
      const retryAfterSeconds = await count(subject, max);
      if (retryAfterSeconds !== null) throw tooMany(what, retryAfterSeconds);
    },
    /** Takes back one that was not wrong. */
    forget: (subject: string): Promise<void> => forgetAttempt(sql, subject),
    clear: (subject: string): Promise<void> => clearAttempts(sql, subject),
  };
};

export type Attempts = ReturnType<typeof createAttempts>;

export const tooMany = (what: string, retryAfterSeconds: number): DomainError =>
  new DomainError("rate_limited", `Too many ${what}. Try again later.`, { retryAfterSeconds });
