import { audit } from "@homeport/kit/audit/audit.ts";
import { VERIFIED_MS } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { hashPassword, verifyPassword } from "../password.ts";
import { confirmationSubject, MAX_WRONG_CONFIRMATIONS } from "../sign-in-limit.ts";
import { passwordChanged } from "../sign-in-mails.ts";
import { removeAllSessions, removeOtherSessions } from "../store/sessions.ts";
import { findSignInPerson, removeUnfinished, setPasswordHash } from "../store/sign-in-people.ts";
import { announceAccess } from "./access-changed.ts";
import type { Attempts } from "./attempts.ts";
import type { Mails } from "./mails.ts";

export const createPasswords = (sql: Sql, attempts: Attempts, mails: Mails) => {
  const take = (personId: PersonId) =>
    attempts.take(confirmationSubject(personId), MAX_WRONG_CONFIRMATIONS, "wrong passwords");

  const isCurrent = async (personId: PersonId, password: string): Promise<boolean> => {
    await take(personId);
    const person = await findSignInPerson(sql, { id: personId });
    const matches = await verifyPassword(password, person?.passwordHash ?? null);
    if (matches) await attempts.clear(confirmationSubject(personId));
    return matches;
  };

  return {
    /** Whether this is the person's password; wrong ones count. @throws {DomainError} rate_limited */
    isCurrent,

    /**
     * Sets the password, the first one too, and ends every other session and what was begun. It takes the one of now, or a session that has
     * proved its person lately. How many sessions ended.
     *
     * @throws {DomainError} invalid, at its field; unverified; rate_limited
     */
    async change(
      member: HumanPrincipal,
      { current, password }: { current?: string | undefined; password: string },
      now = new Date(),
    ): Promise<number> {
      const personId = member.personId as PersonId;
      if (current === undefined) refuseUnverified(member, now);
      else if (!(await isCurrent(personId, current))) throw invalid("current", "this is not your password of now");
      if (password.toLowerCase() === member.email) throw invalid("password", "do not use your e-mail address");
      const passwordHash = await hashPassword(password);
      return sql.begin(async (tx) => {
        await setPasswordHash(tx, personId, passwordHash);
        await removeUnfinished(tx, personId);
        const ended =
          member.kind === "person"
            ? await removeOtherSessions(tx, personId, member.sessionId)
            : await removeAllSessions(tx, personId);
        await announceAccess(tx, null, { personId });
        await audit(tx, {
          app: "auth",
          action: "password:change",
          organisationId: member.organisationId,
          subject: { kind: "person", id: personId, name: member.name },
          after: { endedSessionCount: ended },
        });
        await emit(tx, { type: "auth.password.changed", source: "auth", subject: personId, data: { personId } });
        await mails.notify(tx, { to: member.email, ...passwordChanged });
        return ended;
      });
    },
  };
};

export type Passwords = ReturnType<typeof createPasswords>;

/** @throws {DomainError} unverified */
const refuseUnverified = (member: HumanPrincipal, now: Date): void => {
  if (member.kind === "person" && now.getTime() - member.verifiedAt <= VERIFIED_MS) return;
  throw new DomainError("unverified", "Confirm that it is you: give your password of now, or sign in once more.");
};

const invalid = (path: string, message: string) =>
  new DomainError("invalid", `${path}: ${message}`, { issues: [{ path, message }] });
