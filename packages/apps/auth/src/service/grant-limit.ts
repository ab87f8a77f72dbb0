import { DomainError } from "@homeport/kit/errors.ts";
import { MAX_GRANTS } from "@homeport/kit/principal.ts";

/**
 * Roles in projects travel with every request of their holder, so there is a bound, and what is beyond it would be left
 * out without a word.
 *
 * @throws {DomainError} conflict
 */
export const refuseTooManyGrants = (count: number, max = MAX_GRANTS): void => {
  if (count <= max) return;
  throw new DomainError(
    "conflict",
    `That would be more than ${max} roles in projects for one holder. Give a role in the organisation instead.`,
  );
};
