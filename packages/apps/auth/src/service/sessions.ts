import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "../client.ts";
import { verifyPassword } from "../password.ts";
import type { Membership } from "../person.ts";
import {
  ABSOLUTE_MS,
  IDLE_MS,
  isExpired,
  SEEN_EVERY_MS,
  type Session,
  type SessionId,
  type SignedInSession,
} from "../session.ts";
import { accountSubject, addressSubject, MAX_PER_ACCOUNT, MAX_PER_ADDRESS, WINDOW_MS } from "../sign-in-limit.ts";
import { findLogin } from "../store/people.ts";
import {
  findSession,
  insertSession,
  listSessions,
  removeAllSessions,
  removeExpiredSessions,
  removeSession,
  removeSessionByToken,
  removeSurplusSessions,
  touchSession,
} from "../store/sessions.ts";
import { clearAttempts, countAttempt, forgetAttempt, removeEndedWindows } from "../store/sign-in-attempts.ts";
import { hashToken, newOpaqueToken } from "../token.ts";

export const createSessions = (sql: Sql) => {
  /** Opens a session and returns the value of its cookie. */
  const open = async (personId: PersonId, organisationId: OrganisationId, client: Client): Promise<Secret> => {
    const token = newOpaqueToken();
    await insertSession(sql, {
      id: newId<SessionId>(),
      personId,
      organisationId,
      tokenHash: hashToken(token),
      ...client,
    });
    await removeSurplusSessions(sql, personId);
    return token;
  };

  /** @throws {DomainError} rate_limited */
  const takeAttempt = async (subject: string, max: number): Promise<void> => {
    const { count, windowEndsAt } = await countAttempt(sql, subject, WINDOW_MS);
    if (count <= max) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((windowEndsAt.getTime() - Date.now()) / 1000));
    throw new DomainError("rate_limited", "Too many failed sign-ins. Try again later.", { retryAfterSeconds });
  };

  return {
    open,

    /**
     * Password sign-in. Wrong password and unknown account are the same answer after the same work; attempts count per
     * address and per account until one succeeds, before the password is looked at, and survive restarts.
     *
     * @throws {DomainError} unauthenticated; rate_limited
     */
    async signIn(email: string, password: string, client: Client): Promise<{ member: Membership; token: Secret }> {
      const address = addressSubject(client.address);
      const account = accountSubject(email);
      await takeAttempt(address, MAX_PER_ADDRESS); // first: who is refused here must not lock anybody's account
      await takeAttempt(account, MAX_PER_ACCOUNT);
      const login = await findLogin(sql, email);
      const matches = await verifyPassword(password, login?.passwordHash ?? null).catch(async (err: unknown) => {
        for (const subject of [address, account]) await forgetAttempt(sql, subject); // our failure, not theirs
        throw err;
      });
      if (!matches || login === null) {
        throw new DomainError("unauthenticated", "The e-mail address or the password is wrong.");
      }
      await clearAttempts(sql, account);
      await forgetAttempt(sql, address);
      return { member: login, token: await open(login.personId, login.organisationId, client) };
    },

    /** A person's sessions, newest first. */
    list: (personId: PersonId): Promise<Session[]> => listSessions(sql, personId),

    /** How many ended: one, or none when it was over already. */
    endOne: (personId: PersonId, id: string): Promise<number> => removeSession(sql, personId, id),

    /** Null when the cookie belongs to no session, or to one that has ended. */
    async resolve(token: Secret, now = new Date()): Promise<SignedInSession | null> {
      const session = await findSession(sql, { tokenHash: hashToken(token) });
      if (session === null || isExpired(session, now)) return null;
      if (now.getTime() - session.lastSeenAt.getTime() > SEEN_EVERY_MS) await touchSession(sql, session.id, now);
      return session;
    },

    /**
     * The same by its id, for gates; null when it has ended. Going through a gate does not count as using the session: what
     * stands open behind one would keep it alive for good.
     */
    async find(id: string, now = new Date()): Promise<SignedInSession | null> {
      const session = await findSession(sql, { id });
      return session === null || isExpired(session, now) ? null : session;
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
