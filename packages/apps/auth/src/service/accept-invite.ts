import type { Db, Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, type FieldIssue } from "@homeport/kit/errors.ts";
import { newId, type PersonId } from "@homeport/kit/ids.ts";
import type { Principal } from "@homeport/kit/principal.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "../client.ts";
import type { ShownInvite } from "../invite.ts";
import { MAX_MEMBERS, MAX_ORGANISATIONS } from "../organisation.ts";
import { hashPassword } from "../password.ts";
import type { Membership } from "../person.ts";
import { mayManage } from "../role.ts";
import { countMostGrants } from "../store/grants.ts";
import { claimInvite, findShownInvite } from "../store/invites.ts";
import { countMembers } from "../store/members.ts";
import { countOwnOrganisationsLocked, switchSession } from "../store/organisations.ts";
import { insertMembership, insertPerson } from "../store/people.ts";
import { addToTeams } from "../store/teams.ts";
import { hashToken } from "../token.ts";
import { announceAccess } from "./access-changed.ts";
import { refuseTooManyGrants } from "./grant-limit.ts";
import { lockMemberships } from "./membership-locks.ts";
import { record } from "./record.ts";

export type Acceptance = { name?: string | undefined; password?: string | undefined };

/** `isNew`: they have no session yet. The session of who was signed in works in the organisation from now on. */
export type Accepted = { membership: Membership; isNew: boolean };

/** Somebody who joins: whose account it is, and how their session is to follow. */
type Joiner = { personId: PersonId; name: string; passwordHash: string | null; sessionId: string | null };

/** `refuseDenied` throws for an address that the rules for signing in do not let in. */
export const createAcceptInvite = (sql: Sql, refuseDenied: (email: string, client: Client) => Promise<void>) => {
  const find = (token: string): Promise<ShownInvite> => getInvite(sql, hashToken(new Secret(token)));

  return {
    /** What an invite is for, as its holder sees it. @throws {DomainError} not_found, also when it was used or revoked */
    find,

    /**
     * Accepts an invite: of many at once exactly one does. Who has an account must be signed in to it; for others one is
     * made. Its address counts as not verified: whoever invites has seen the link, too.
     *
     * @throws {DomainError} not_found; invalid, without a name and a password for a new account; unauthenticated and
     * forbidden, when another account or none is signed in; conflict
     */
    async accept(token: string, principal: Principal, given: Acceptance, client: Client): Promise<Accepted> {
      const invite = await find(token);
      const isNew = invite.personId === null;
      await refuseDenied(invite.email, client);
      const joiner = isNew ? await newJoiner(given) : signedInJoiner(invite, principal);
      const membership = await sql.begin((tx) => join(tx, invite, hashToken(new Secret(token)), joiner));
      return { membership, isNew };
    },
  };
};

export type AcceptInvite = ReturnType<typeof createAcceptInvite>;

/** Whoever sent it must still be somebody who may: an invite is worth no more than their word. @throws {DomainError} not_found */
const getInvite = async (sql: Db, tokenHash: Uint8Array): Promise<ShownInvite> => {
  const found = await findShownInvite(sql, tokenHash, new Date());
  if (found === null || !mayManage(found.inviterRole, found.role)) throw ended();
  return found;
};

const ended = () => new DomainError("not_found", "This invite is not valid any more. Ask for a new one.");

/** @throws {DomainError} invalid */
const newJoiner = async ({ name, password }: Acceptance): Promise<Joiner> => {
  if (name === undefined || password === undefined) {
    const issues: FieldIssue[] = [];
    if (name === undefined) issues.push({ path: "name", message: "tell us your name" });
    if (password === undefined) issues.push({ path: "password", message: "choose a password" });
    throw new DomainError("invalid", "A new account needs a name and a password.", { issues });
  }
  return { personId: newId<PersonId>(), name, passwordHash: await hashPassword(password), sessionId: null };
};

/** @throws {DomainError} unauthenticated; forbidden */
const signedInJoiner = ({ personId, email }: ShownInvite, principal: Principal): Joiner => {
  if (principal.kind !== "person") {
    throw new DomainError("unauthenticated", `Sign in as ${email} first: this address has an account.`);
  }
  if (principal.personId !== personId) {
    throw new DomainError("forbidden", `This invite is for ${email}, and you are signed in as ${principal.email}.`);
  }
  return { personId, name: principal.name, passwordHash: null, sessionId: principal.sessionId };
};

const join = async (tx: Tx, found: ShownInvite, tokenHash: Uint8Array, joiner: Joiner): Promise<Membership> => {
  await lockMemberships(tx, found.organisationId);
  const invite = await getInvite(tx, tokenHash); // its sender may have lost their role while this waited
  const { organisationId, organisationSlug, organisationName, email, role } = invite;
  const { personId, name, passwordHash, sessionId } = joiner;
  if (!(await claimInvite(tx, invite, tokenHash))) throw ended();
  if ((await countMembers(tx, organisationId)) >= MAX_MEMBERS) throw full();
  if (passwordHash !== null) await insertPerson(tx, { id: personId, email, name, passwordHash });
  if ((await countOwnOrganisationsLocked(tx, personId)) >= MAX_ORGANISATIONS) throw inTooMany();
  await insertMembership(tx, personId, organisationId, role);
  await addToTeams(tx, invite, personId);
  refuseTooManyGrants(await countMostGrants(tx, organisationId, { personId }));
  if (sessionId !== null) await switchSession(tx, { id: sessionId, personId }, organisationId);
  await announceAccess(tx, organisationId, { personId });
  await record(tx, {
    action: "invite:accept",
    event: "auth.member.joined",
    organisationId,
    subject: { kind: "member", id: personId, name },
    actor: { kind: "person", id: personId, name },
    before: null,
    after: { email, role },
    data: { personId, role, inviteId: invite.id },
  });
  return { personId, email, name, organisationId, organisationSlug, organisationName, role };
};

const full = () => new DomainError("conflict", `The organisation has ${MAX_MEMBERS} members, and takes no more.`);

const inTooMany = () =>
  new DomainError("conflict", `A person is in at most ${MAX_ORGANISATIONS} organisations. Leave one first.`);
