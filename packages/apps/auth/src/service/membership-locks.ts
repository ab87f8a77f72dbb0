import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Grant } from "@homeport/kit/principal.ts";
import type { Member } from "../person.ts";
import { lockActiveOwners } from "../store/accounts.ts";
import { countOtherOwners } from "../store/members.ts";
import { isAnyOwnerReachable, lockOrganisation } from "../store/organisations.ts";
import { findStanding } from "../store/standing.ts";
import type { Caller } from "./caller.ts";

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

/**
 * The same for what somebody does by their role. It was judged before this waited: who has lost it meanwhile, by whom it
 * waited for, must not take it back.
 *
 * @throws {DomainError} forbidden; not_found, when the organisation is gone
 */
export const lockMembershipsFor = async (tx: Tx, { member, scope }: Caller): Promise<void> => {
  await lockMemberships(tx, scope.organisationId);
  const now = await findStanding(tx, member);
  const still = new Set(now?.grants.map(wordsOf));
  if (now?.role === member.role && member.grants.every((grant) => still.has(wordsOf(grant)))) return;
  throw new DomainError("forbidden", "What you may do here has just changed. Nothing was done.");
};

const wordsOf = ({ role, projectId, environmentId }: Grant): string => `${role} ${projectId} ${environmentId}`;

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
