import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { verifyPassword } from "../password.ts";
import { ABSOLUTE_MS, IDLE_MS, isExpired, SEEN_EVERY_MS } from "../session.ts";
import { limitedSubjects, WINDOW_MS } from "../sign-in-limit.ts";
import { findLogin, type Membership } from "../store/people.ts";
import {
  findSession,
  insertSession,
  removeAllSessions,
  removeExpiredSessions,
  removeSessionByToken,
  type SessionId,
  type SignedInSession,
  touchSession,
} from "../store/sessions.ts";
import { clearFailures, countFailure, findBlock, removeEndedWindows } from "../store/sign-in-failures.ts";
import { hashToken, newOpaqueToken } from "../token.ts";

export type Client = { userAgent: string; address: string };

export const createSessions = (sql: Sql) => {
  /** Opens a session and returns the value of its cookie. */
  const open = async (personId: PersonId, organisationId: OrganisationId, client: Client): Promise<Secret> => {
    const token = newOpaqueToken();
    await insertSession(sql, {
      id: newId<SessionId>(),
      personId,
      organisationId,
      tokenHash: hashToken(token),
      userAgent: client.userAgent.slice(0, 300),
      address: client.address,
    });
    return token;
  };

  return {
    open,

    /**
     * Password sign-in. Wrong password and unknown account are the same answer after the same work; failures count
     * per account and per address and survive restarts.
     *
     * @throws {DomainError} unauthenticated; rate_limited
     */
    async signIn(email: string, password: string, client: Client): Promise<{ member: Membership; token: Secret }> {
      const subjects = limitedSubjects(email, client.address);
      for (const { subject, max } of subjects) {
        const until = await findBlock(sql, subject, max);
        if (until === null) continue;
        const retryAfterSeconds = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));
        throw new DomainError("rate_limited", "Too many failed sign-ins. Try again later.", { retryAfterSeconds });
      }
      const login = await findLogin(sql, email);
      if (!(await verifyPassword(password, login?.passwordHash ?? null)) || login === null) {
        for (const { subject } of subjects) await countFailure(sql, subject, WINDOW_MS);
        throw new DomainError("unauthenticated", "The e-mail address or the password is wrong.");
      }
      const [account] = subjects;
      if (account !== undefined) await clearFailures(sql, account.subject);
      return { member: login, token: await open(login.personId, login.organisationId, client) };
    },

    /** Null when the cookie belongs to no session, or to one that has ended. */
    async resolve(token: Secret, now = new Date()): Promise<SignedInSession | null> {
      const session = await findSession(sql, hashToken(token));
      if (session === null || isExpired(session, now)) return null;
      if (now.getTime() - session.lastSeenAt.getTime() > SEEN_EVERY_MS) await touchSession(sql, session.id, now);
      return session;
    },

    end: (token: Secret): Promise<void> => removeSessionByToken(sql, hashToken(token)),

    endAll: (personId: PersonId): Promise<number> => removeAllSessions(sql, personId),

    /** Removes what can no longer be used: sessions past their age, windows of failures that have ended. */
    async tidy(now = new Date()): Promise<void> {
      await removeExpiredSessions(sql, new Date(now.getTime() - IDLE_MS), new Date(now.getTime() - ABSOLUTE_MS));
      await removeEndedWindows(sql);
    },
  };
};

export type Sessions = ReturnType<typeof createSessions>;
