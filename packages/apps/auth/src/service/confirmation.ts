import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { confirmSession } from "../store/session-proofs.ts";
import { findSignInPerson } from "../store/sign-in-people.ts";
import { announceAccess } from "./access-changed.ts";
import type { Passwords } from "./passwords.ts";
import type { SecondFactor } from "./second-factor.ts";

export type Shown = { password: string } | { code: string };

/** What somebody can prove who they are with: who has a second factor uses that. `sign-in`: neither, so sign in anew. */
export type ConfirmBy = "code" | "password" | "sign-in";

/** Proving once more who one is, within a session, before something dangerous. */
export const createConfirmation = (sql: Sql, passwords: Passwords, factors: SecondFactor) => {
  const waysOf = async (personId: PersonId): Promise<ConfirmBy> => {
    if (await factors.isOn(personId)) return "code";
    return ((await findSignInPerson(sql, { id: personId }))?.passwordHash ?? null) === null ? "sign-in" : "password";
  };

  const check = async (personId: PersonId, shown: Shown): Promise<void> => {
    if ("code" in shown) return factors.check(personId, shown.code);
    if ((await waysOf(personId)) === "code") throw invalid("code", "use a code of your authenticator");
    if (!(await passwords.isCurrent(personId, shown.password))) throw invalid("password", "the password is wrong");
  };

  return {
    waysOf: (member: HumanPrincipal): Promise<ConfirmBy> => waysOf(member.personId as PersonId),

    /** @throws {DomainError} forbidden, without a session; invalid, at its field; rate_limited */
    async confirm(member: HumanPrincipal, shown: Shown): Promise<Date> {
      if (member.kind !== "person") throw new DomainError("forbidden", "Only a session can be confirmed, no token.");
      const personId = member.personId as PersonId;
      await check(personId, shown);
      return sql.begin(async (tx) => {
        const verifiedAt = await confirmSession(tx, personId, member.sessionId);
        if (verifiedAt === null) throw new DomainError("unauthenticated", "Your session is over. Sign in again.");
        await announceAccess(tx, null, { sessionId: member.sessionId });
        await audit(tx, {
          app: "auth",
          action: "session:confirm",
          organisationId: member.organisationId,
          subject: { kind: "session", id: member.sessionId },
          after: { by: "code" in shown ? "code" : "password" },
        });
        return verifiedAt;
      });
    },
  };
};

export type Confirmation = ReturnType<typeof createConfirmation>;

const invalid = (path: string, message: string) =>
  new DomainError("invalid", `${path}: ${message}`, { issues: [{ path, message }] });
