import { audit } from "@homeport/kit/audit/audit.ts";
import type { AuditActor } from "@homeport/kit/audit/record.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId, type PersonId } from "@homeport/kit/ids.ts";
import { MAX_MEMBERS } from "../organisation.ts";
import type { Proof } from "../ports.ts";
import type { Admission } from "../sign-in-rule.ts";
import {
  countMembersLocked,
  findSignInPerson,
  insertRegistered,
  joinByRule,
  markEmailVerified,
  removeWaysIn,
  type SignInPerson,
} from "../store/sign-in-people.ts";
import { announceAccess } from "./access-changed.ts";

const MAX_NAME = 100;

/**
 * Makes an account of who proved the address, as a rule says, and their membership. Of many at once with the same address
 * one account comes out.
 */
export const register = (sql: Sql, proof: Proof, admission: Admission): Promise<SignInPerson> =>
  sql.begin(async (tx) => {
    const id = newId<PersonId>();
    const name = (proof.name ?? proof.email.split("@")[0] ?? proof.email).slice(0, MAX_NAME);
    const isNew = await insertRegistered(tx, { id, email: proof.email, name });
    const person = await findSignInPerson(tx, { email: proof.email });
    if (person === null) throw new DomainError("unavailable", "The account was removed just now. Try again.");
    if (isNew) await join(tx, person.id, admission);
    return person;
  });

/** Who proves an address acts, whoever is signed in where it happens. */
const itself = (id: PersonId): AuditActor => ({ kind: "person", id, credential: null });

/** Makes somebody a member where a rule says. @throws {DomainError} conflict, when the organisation is full */
export const join = async (tx: Tx, personId: PersonId, admission: Admission): Promise<void> => {
  const { organisationId, role } = admission;
  if ((await countMembersLocked(tx, organisationId)) >= MAX_MEMBERS) {
    throw new DomainError("conflict", "The organisation is full: ask those who run it.");
  }
  if (!(await joinByRule(tx, personId, organisationId, role))) return;
  await audit(tx, {
    app: "auth",
    action: "member:register",
    organisationId,
    subject: { kind: "person", id: personId },
    after: { role },
    reason: "A sign-in rule admits the address.",
    actor: itself(personId),
  });
  await emit(tx, {
    type: "auth.member.registered",
    source: "auth",
    organisationId,
    subject: personId,
    data: { personId, role },
  });
  await announceAccess(tx, organisationId, { personId });
};

/**
 * Whether a link must not open an account: it has a part in running the platform, and nobody has shown yet that its address
 * is its person's. A slip when it was typed would hand the platform to a stranger.
 */
export const isUnprovedAdmin = (person: SignInPerson): boolean =>
  person.instanceRole !== null && person.emailVerifiedAt === null;

/**
 * The first proof that an address is somebody's. Until then anybody may have made the account who held its invitation: it
 * becomes the one's who has the mailbox, so everything that opened it before is taken away, unless that person is
 * signed in to it and so had all of it anyway (the attack is pre-registration, GHSA-qq9h-g4jm-xgf3 of another product).
 */
export const proveAddress = (sql: Sql, person: SignInPerson, signedInAs: PersonId | null): Promise<void> =>
  sql.begin(async (tx) => {
    if (!(await markEmailVerified(tx, person.id))) return;
    const isTheirs = signedInAs === person.id;
    if (!isTheirs) {
      await removeWaysIn(tx, person.id);
      await announceAccess(tx, null, { personId: person.id });
    }
    await audit(tx, {
      app: "auth",
      action: "person:prove-address",
      organisationId: null,
      subject: { kind: "person", id: person.id, name: person.name },
      after: { emailVerified: true, credentialsRemoved: !isTheirs },
      actor: itself(person.id),
    });
  });
