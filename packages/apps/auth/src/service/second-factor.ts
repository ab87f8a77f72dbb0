import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { authenticatorPlace } from "../authenticator.ts";
import { hashRecoveryCode, newRecoveryCodes } from "../recovery-code.ts";
import { codeSubject, MAX_WRONG_CODES } from "../sign-in-limit.ts";
import { secondFactorOff, secondFactorOn } from "../sign-in-mails.ts";
import {
  confirmAuthenticator,
  countRecoveryCodes,
  findAuthenticator,
  lockAuthenticator,
  putAuthenticator,
  putRecoveryCodes,
  removeAuthenticator,
  removeRecoveryCodes,
  spendRecoveryCode,
  spendStep,
} from "../store/authenticators.ts";
import { matchTotp, newTotpSecret, totpUri } from "../totp.ts";
import type { Attempts } from "./attempts.ts";
import type { Mails } from "./mails.ts";

export type SecondFactorState = { confirmedAt: Date | null; recoveryCodesLeft: number };
export type Enrolment = { secret: Secret; uri: string };

/** A secret, and as it is stored. */
type Kept = { secret: Secret; sealed: Uint8Array };

/** An authenticator app and the recovery codes that come with it. */
export const createSecondFactor = (
  sql: Sql,
  deps: { keys: Keyring; attempts: Attempts; mails: Mails; issuer: string },
) => {
  const { keys, attempts, mails, issuer } = deps;

  const secretOf = async (personId: PersonId, isConfirmed: boolean): Promise<Kept | null> => {
    const found = await findAuthenticator(sql, personId);
    if (found === null || (found.confirmedAt !== null) !== isConfirmed) return null;
    return { secret: keys.open(authenticatorPlace(personId), found.sealed), sealed: found.sealed };
  };

  const spendTotp = async (personId: PersonId, code: string): Promise<boolean> => {
    const kept = await secretOf(personId, true);
    const step = kept === null ? null : matchTotp(kept.secret, code, new Date());
    return step !== null && (await spendStep(sql, personId, step));
  };

  const spendRecovery = async (personId: PersonId, code: string): Promise<boolean> => {
    const hash = hashRecoveryCode(code);
    if (hash === null) return false;
    return sql.begin(async (tx) => {
      if (!(await spendRecoveryCode(tx, personId, hash))) return false;
      await audit(tx, {
        app: "auth",
        action: "authenticator:recover",
        organisationId: null,
        subject: { kind: "person", id: personId },
        after: { recoveryCodesLeft: await countRecoveryCodes(tx, personId) },
        actor: { kind: "person", id: personId, credential: null },
      });
      return true;
    });
  };

  const tell = async (
    tx: Tx,
    member: HumanPrincipal,
    verb: string,
    event: string,
    mail?: { subject: string; text: string },
  ) => {
    const { personId, name, email } = member;
    const subject = { kind: "person", id: personId, name };
    await audit(tx, { app: "auth", action: `authenticator:${verb}`, organisationId: member.organisationId, subject });
    await emit(tx, { type: `auth.authenticator.${event}`, source: "auth", subject: personId, data: { personId } });
    if (mail !== undefined) await mails.notify(tx, { to: email, ...mail });
  };

  const newCodes = async (tx: Tx, personId: PersonId): Promise<string[]> => {
    const codes = newRecoveryCodes();
    await putRecoveryCodes(
      tx,
      personId,
      codes.flatMap((code) => hashRecoveryCode(code) ?? []),
    );
    return codes;
  };

  const isOn = async (personId: PersonId): Promise<boolean> =>
    ((await findAuthenticator(sql, personId))?.confirmedAt ?? null) !== null;

  return {
    isOn,

    async read(personId: PersonId): Promise<SecondFactorState> {
      const found = await findAuthenticator(sql, personId);
      return { confirmedAt: found?.confirmedAt ?? null, recoveryCodesLeft: await countRecoveryCodes(sql, personId) };
    },

    /**
     * Uses a code of the authenticator or a recovery code up. Tries count before they are made.
     *
     * @throws {DomainError} invalid, when it is wrong or was used; rate_limited
     */
    async check(personId: PersonId, code: string): Promise<void> {
      const subject = codeSubject(personId);
      await attempts.take(subject, MAX_WRONG_CODES, "wrong codes");
      const digits = code.replaceAll(/\s/g, "");
      if (!((await spendTotp(personId, digits)) || (await spendRecovery(personId, code)))) throw wrongCode();
      await attempts.clear(subject);
    },

    /** Starts one: it holds from its first code on. Another start makes another secret. @throws {DomainError} conflict */
    async enrol(member: HumanPrincipal): Promise<Enrolment> {
      const personId = member.personId as PersonId;
      const secret = newTotpSecret();
      await sql.begin(async (tx) => {
        if (!(await putAuthenticator(tx, personId, keys.seal(authenticatorPlace(personId), secret)))) {
          throw new DomainError("conflict", "You have an authenticator. Remove it first to set up another one.");
        }
        await tell(tx, member, "enrol", "enrolled");
      });
      return { secret, uri: totpUri(secret, issuer, member.email) };
    },

    /** The one that waits for its first code, to show it again; null when none does. */
    async findWaiting(member: HumanPrincipal): Promise<Enrolment | null> {
      const kept = await secretOf(member.personId as PersonId, false);
      return kept === null ? null : { secret: kept.secret, uri: totpUri(kept.secret, issuer, member.email) };
    },

    /** Turns it on. Gives the recovery codes, which are shown once. @throws {DomainError} invalid; conflict; rate_limited */
    async confirm(member: HumanPrincipal, code: string): Promise<string[]> {
      const personId = member.personId as PersonId;
      const subject = codeSubject(personId);
      await attempts.take(subject, MAX_WRONG_CODES, "wrong codes");
      const kept = await secretOf(personId, false);
      if (kept === null) throw new DomainError("conflict", "There is no authenticator that waits for its first code.");
      const step = matchTotp(kept.secret, code.replaceAll(/\s/g, ""), new Date());
      if (step === null) throw wrongCode();
      const codes = await sql.begin(async (tx) => {
        if (!(await confirmAuthenticator(tx, personId, kept.sealed, step))) throw wrongCode();
        await tell(tx, member, "confirm", "confirmed", secondFactorOn);
        return newCodes(tx, personId);
      });
      await attempts.clear(subject);
      return codes;
    },

    /** New recovery codes in place of the old ones. @throws {DomainError} conflict */
    renewCodes: (member: HumanPrincipal): Promise<string[]> =>
      sql.begin(async (tx) => {
        const personId = member.personId as PersonId;
        if (!(await lockAuthenticator(tx, personId))) throw new DomainError("conflict", "You have no authenticator.");
        await tell(tx, member, "renew-codes", "codes-renewed");
        return newCodes(tx, personId);
      }),

    /** How many there were. */
    remove: (member: HumanPrincipal): Promise<number> =>
      sql.begin(async (tx) => {
        const personId = member.personId as PersonId;
        const removed = await removeAuthenticator(tx, personId);
        await removeRecoveryCodes(tx, personId);
        if (removed > 0) await tell(tx, member, "remove", "removed", secondFactorOff);
        return removed;
      }),
  };
};

export type SecondFactor = ReturnType<typeof createSecondFactor>;

const wrongCode = () =>
  new DomainError("invalid", "The code is wrong, or was used already.", {
    issues: [{ path: "code", message: "the code is wrong, or was used already" }],
  });
