import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "../client.ts";
import type { Membership } from "../person.ts";
import type { Proof } from "../ports.ts";
import { judge } from "../sign-in-judgement.ts";
import { MAX_WRONG_CODES } from "../sign-in-limit.ts";
import type { DenialReason } from "../sign-in-rule.ts";
import {
  findPendingSignIn,
  insertPendingSignIn,
  removeEndedPendingSignIns,
  spendPendingSignIn,
  tryPendingSignIn,
} from "../store/pending-sign-ins.ts";
import { findFirstMembership, findSignInPerson, lockProof, type SignInPerson } from "../store/sign-in-people.ts";
import { allRules } from "../store/sign-in-rules.ts";
import { hashToken, newOpaqueToken } from "../token.ts";
import { recordDenied } from "./denied-sign-ins.ts";
import { isUnprovedAdmin, join, proveAddress, register } from "./register.ts";
import type { SecondFactor } from "./second-factor.ts";
import type { Sessions } from "./sessions.ts";

export type SignedIn = { kind: "in"; member: Membership; token: Secret; hasSecondFactor: boolean };
/** `code`: the second factor is missing. `refused`: who it is may not come in, which is kept with its reason. */
export type Outcome = SignedIn | { kind: "code"; held: Held } | { kind: "refused" };

/** Whose second factor is waited for, after which proof. */
type Held = { personId: PersonId; proof: Proof };

const REFUSED: Outcome = { kind: "refused" };

/** How long somebody may look for their second factor. */
export const PENDING_MS = 10 * 60_000;

type Given = {
  /** Of the second factor, when it came along. */
  code?: string | undefined;
  /** Whose session the browser has already. */
  signedInAs?: PersonId | null;
};

/** What follows a proof, whatever method it is of: everybody comes in through here. */
export const createSignIn = (sql: Sql, sessions: Sessions, factors: SecondFactor) => {
  const deny = async (email: string, method: string, reason: DenialReason, client: Client): Promise<null> => {
    await recordDenied(sql, { email, method, reason }, client);
    return null;
  };

  /** The person of a proof, after the rules had their say; null when they may not come in. */
  const admit = async (proof: Proof, client: Client, signedInAs: PersonId | null): Promise<Membership | null> => {
    const { email, method, personId, emailVerified } = proof;
    const known = personId ?? (emailVerified ? email : null);
    const found = known === null ? null : await findSignInPerson(sql, personId === null ? { email } : { id: personId });
    if (found?.suspendedAt) return deny(found.email, method, "suspended", client);
    const verdict = judge(await allRules(sql), found?.email ?? email);
    if (!verdict.allowed && found?.instanceRole !== "owner") return deny(email, method, "rule", client);
    const admission = emailVerified ? (verdict.registers?.admission ?? null) : null;
    if (found === null && admission === null) return deny(email, method, "not_invited", client);
    const person = found ?? (admission === null ? null : await register(sql, proof, admission));
    if (person === null || (emailVerified && isUnprovedAdmin(person) && signedInAs !== person.id)) {
      return deny(email, method, "not_invited", client);
    }
    if (emailVerified && person.emailVerifiedAt === null && (await mayProve(person, signedInAs))) {
      await proveAddress(sql, person, signedInAs);
    }
    const membership = await findFirstMembership(sql, person.id);
    if (membership !== null) return membership;
    if (admission === null) return deny(email, method, "no_organisation", client);
    await sql.begin((tx) => join(tx, person.id, admission));
    return findFirstMembership(sql, person.id);
  };

  /** The first proof of an address takes away what opened the account before, and a second factor is not taken by mail. */
  const mayProve = async ({ id }: SignInPerson, signedInAs: PersonId | null): Promise<boolean> =>
    signedInAs === id || !(await factors.isOn(id));

  /** Null when `holds` says that what was proved is worth nothing any more. */
  const openFor = async (
    { personId, organisationId, ...rest }: Membership,
    method: string,
    client: Client,
    holds: (tx: Tx) => Promise<boolean>,
  ): Promise<SignedIn | null> => {
    const token = await sessions.openIf(holds, personId, organisationId, client, method);
    if (token === null) return null;
    const member = { personId, organisationId, ...rest };
    return { kind: "in", member, token, hasSecondFactor: await factors.isOn(personId) };
  };

  return {
    /** @throws {DomainError} invalid, for a wrong code; rate_limited */
    async enter(proof: Proof, client: Client, { code, signedInAs = null }: Given = {}): Promise<Outcome> {
      const member = await admit(proof, client, signedInAs);
      if (member === null) return REFUSED;
      if (await factors.isOn(member.personId)) {
        if (code === undefined) return { kind: "code", held: { personId: member.personId, proof } };
        await factors.check(member.personId, code);
      }
      const holds = (tx: Tx) => lockProof(tx, member.personId, proof.passwordHash ?? null);
      return (await openFor(member, proof.method, client, holds)) ?? REFUSED;
    },

    /**
     * Remembers the first factor until the second comes; what it gives back is for this browser alone.
     *
     * @throws {DomainError} unauthenticated, when the first is worth nothing any more
     */
    async hold({ personId, proof: { method, passwordHash } }: Held, now = new Date()): Promise<Secret> {
      const token = newOpaqueToken();
      const expiresAt = new Date(now.getTime() + PENDING_MS);
      await sql.begin(async (tx) => {
        if (!(await lockProof(tx, personId, passwordHash ?? null))) throw wrongSignIn();
        await insertPendingSignIn(tx, { tokenHash: hashToken(token), personId, method, expiresAt });
      });
      return token;
    },

    /** Whether the second factor is waited for. */
    isHeld: async (token: Secret): Promise<boolean> => (await findPendingSignIn(sql, hashToken(token))) !== null,

    /**
     * The second factor of what was held. The rules are asked once more: they may have changed meanwhile. Null when it is
     * over, by time or by too many tries.
     *
     * @throws {DomainError} invalid, for a wrong code; rate_limited
     */
    async resume(token: Secret, code: string, client: Client): Promise<Outcome | null> {
      const tokenHash = hashToken(token);
      const pending = await tryPendingSignIn(sql, tokenHash, MAX_WRONG_CODES);
      if (pending === null) return null;
      await factors.check(pending.personId, code);
      const proof = proofOf(await findSignInPerson(sql, { id: pending.personId }), pending.method);
      const member = proof === null ? null : await admit(proof, client, null);
      if (member === null) return REFUSED;
      // Used up with the session: another password, or the end of all sessions, finds one of the two.
      const holds = async (tx: Tx) =>
        (await lockProof(tx, pending.personId, null)) && (await spendPendingSignIn(tx, tokenHash));
      return openFor(member, pending.method, client, holds);
    },

    tidy: (): Promise<void> => removeEndedPendingSignIns(sql),
  };
};

export type SignIn = ReturnType<typeof createSignIn>;

const proofOf = (person: SignInPerson | null, method: string): Proof | null =>
  person === null ? null : { method, email: person.email, personId: person.id, emailVerified: false };

/** One sentence for all that can be wrong: it tells nobody whether there is such an account. */
export const wrongSignIn = (): DomainError =>
  new DomainError("unauthenticated", "The e-mail address or the password is wrong.");
