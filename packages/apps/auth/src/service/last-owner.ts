import { DomainError } from "@homeport/kit/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

/**
 * The instance always has an owner who can sign in. `activeOwners` are locked by the transaction that asks.
 *
 * @throws {DomainError} conflict
 */
export const refuseLastOwner = (activeOwners: readonly PersonId[], personId: PersonId): void => {
  if (activeOwners.length !== 1 || activeOwners[0] !== personId) return;
  throw new DomainError("conflict", "The platform needs an owner. Make somebody else an owner of it first.");
};
