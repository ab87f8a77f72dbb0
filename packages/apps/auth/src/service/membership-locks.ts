import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Member } from "../person.ts";
import { lockActiveOwners } from "../store/accounts.ts";
import { countOtherOwners } from "../store/members.ts";
import { isAnyOwnerReachable, lockOrganisation } from "../store/organisations.ts";

/**
 * First in every transaction that changes who may do what in an organisation: they come one after the other, so that
 * what one has counted still holds when it writes.
 *
 * @throws {DomainError} not_found, when the organisation is gone
 */
export const lockMemberships = async (tx: Tx, organisationId: OrganisationId): Promise<void> => {
  if (!(await lockOrganisation(tx, organisationId))) {
    throw new DomainError("not_found", "There is no such organisation.");
  }
};

/** For who will no longer be an owner. @throws {DomainError} conflict, when nobody else is one */
export const keepAnOwner = async (tx: Tx, member: Member): Promise<void> => {
  if (member.role !== "owner" || (await countOtherOwners(tx, member)) > 0) return;
  throw new DomainError("conflict", "An organisation needs an owner. Make somebody else an owner first.");
};

/**
 * After somebody has lost an organisation: signing in needs one, and the platform an owner who can sign in. Of two
 * transactions at once the second sees what the first has left.
 *
 * @throws {DomainError} conflict
 */
export const keepOwnerReachable = async (tx: Tx): Promise<void> => {
  await lockActiveOwners(tx);
  if (await isAnyOwnerReachable(tx)) return;
  throw new DomainError("conflict", "The owner of the platform would be left without an organisation to sign in to.");
};
