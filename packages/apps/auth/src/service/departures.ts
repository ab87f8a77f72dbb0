import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { fateOf, type Tie } from "../account.ts";
import { lockActiveOwners, lockPerson, removePerson } from "../store/accounts.ts";
import { listTies, lockOrganisationsOf, removeOrganisations } from "../store/departures.ts";
import { announceAccess } from "./access-changed.ts";
import { refuseLastOwner } from "./last-owner.ts";
import { organisationRemoved } from "./organisation-removed.ts";

/** The slugs of the organisations that went along. */
export type Departure = { organisations: string[] };

/** The end of an account, by its person or by those who run the platform. */
export const createDepartures = (sql: Sql) => ({
  /**
   * Removes the caller's own account; `confirm` is its address.
   *
   * @throws {DomainError} invalid, when that is not the address; conflict, when something holds them back
   */
  leave: (member: HumanPrincipal, confirm: string): Promise<Departure> =>
    sql.begin((tx) => depart(tx, member.personId as PersonId, { action: "account:remove", confirm })),

  /** @throws {DomainError} not_found; conflict, when something holds them back */
  remove: (personId: PersonId): Promise<Departure> =>
    sql.begin((tx) => depart(tx, personId, { action: "person:remove" })),
});

export type Departures = ReturnType<typeof createDepartures>;

const depart = async (
  tx: Tx,
  personId: PersonId,
  { action, confirm }: { action: string; confirm?: string },
): Promise<Departure> => {
  const { person, ties } = await lockForDeparture(tx, personId);
  if (confirm !== undefined && confirm !== person.email) throw wrongAddress();
  const holding = ties.filter((tie) => fateOf(tie.role, tie) === "holds");
  if (holding.length > 0) throw held(holding);
  const going = ties.filter((tie) => fateOf(tie.role, tie) === "goes");
  for (const organisationId of [null, ...ties.map(({ id }) => id)]) {
    await audit(tx, {
      app: "auth",
      action,
      organisationId,
      subject: { kind: "person", id: personId, name: person.name },
      before: { email: person.email },
    });
  }
  await announceAccess(tx, null, { personId });
  await emit(tx, { type: "auth.person.removed", source: "auth", subject: personId, data: { personId } });
  for (const organisation of going) await organisationRemoved(tx, organisation, "organisation:remove");
  const ids = going.map(({ id }) => id);
  await removeOrganisations(tx, ids);
  await removePerson(tx, personId);
  return { organisations: going.map(({ slug }) => slug) };
};

/** Locks organisations first and people after them, each by id, so that of two who go at once none waits for the other. */
const lockForDeparture = async (tx: Tx, personId: PersonId) => {
  const locked = new Set(await lockOrganisationsOf(tx, personId));
  const owners = await lockActiveOwners(tx);
  const person = await lockPerson(tx, personId);
  if (person === null) throw new DomainError("not_found", "There is no such person.");
  refuseLastOwner(owners, personId);
  const ties = await listTies(tx, personId);
  if (ties.some(({ id }) => !locked.has(id))) {
    throw new DomainError("conflict", "They have just joined another organisation. Try again.");
  }
  return { person, ties };
};

const held = (ties: readonly Tie[]): DomainError => {
  const each = ties.map(
    ({ slug, otherMembers }) => `${slug} (${otherMembers === 0 ? "has projects" : "has no other owner"})`,
  );
  return new DomainError(
    "conflict",
    `These organisations need an owner, or no projects: ${each.join(", ")}. Hand them over or remove them first.`,
  );
};

const wrongAddress = () =>
  new DomainError("invalid", "confirm: type the e-mail address of the account.", {
    issues: [{ path: "confirm", message: "type the e-mail address of the account" }],
  });
