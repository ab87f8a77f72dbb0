import type { Reason } from "@homeport/ci/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { reasonOf } from "../reason.ts";

/** Tries of one step that fail for no known reason, over about three minutes; then the slot is given free. */
export const MAX_ATTEMPTS = 16;

/**
 * A part of the platform that is away is waited for, as long as it takes: people can cancel. A refusal is an answer.
 * Anything else is tried again, but not for ever, because nothing else can be deployed meanwhile.
 */
export const reasonToFail = (err: unknown, attempt: number): Reason | null => {
  if (err instanceof DomainError && err.status < 500) return reasonOf(err.code, err.message);
  if (attempt < MAX_ATTEMPTS || (err instanceof DomainError && err.code === "unavailable")) return null;
  return reasonOf("internal", "Something in Homeport went wrong, again and again. Its log says what.");
};
