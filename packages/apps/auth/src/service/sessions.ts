import { type AuditEntry, audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "../client.ts";
import {
  isExpired,
  SEEN_EVERY_MS,
  type Session,
  type SessionId,
  type SessionLifetime,
  type SignedInSession,
} from "../session.ts";
import {
  findSession,
  insertSession,
  listSessions,
  removeAllSessions,
  removeExpiredSessions,
  removeOtherSessions,
  removeSession,
  removeSessionByToken,
  removeSurplusSessions,
  touchSession,
} from "../store/sessions.ts";
import { removeEndedWindows } from "../store/sign-in-attempts.ts";
import { removeUnfinished } from "../store/sign-in-people.ts";
import { hashToken, newOpaqueToken } from "../token.ts";
import { announceAccess } from "./access-changed.ts";

/** `lifetime` says how long sessions last by the settings of the moment. */
export const createSessions = (sql: Sql, lifetime: () => SessionLifetime) => {
  /**
   * Opens a session and returns the value of its cookie, unless `holds` says no, which is asked first in the transaction;
   * `method` is how its person proved who they are.
   */
  const openIf = (
    holds: (tx: Tx) => Promise<boolean>,
    personId: PersonId,
    organisationId: OrganisationId,
    client: Client,
    method: string,
  ): Promise<Secret | null> =>
    sql.begin(async (tx) => {
      if (!(await holds(tx))) return null;
      const token = newOpaqueToken();
      const id = newId<SessionId>();
      const tokenHash = hashToken(token);
      const name = await insertSession(tx, { id, personId, organisationId, tokenHash, method, ...client });
      const person = { kind: "person", id: personId, name } as const;
      const surplus = await removeSurplusSessions(tx, personId);
      if (surplus > 0) await announceAccess(tx, null, { personId });
      await audit(tx, {
        app: "auth",
        action: "session:create",
        organisationId,
        subject: person,
        after: {
          sessionId: id,
          method,
          address: client.address,
          ...(surplus === 0 ? {} : { endedSessionCount: surplus }),
        },
        actor: { ...person, credential: null }, // whoever was signed in before
      });
      return token;
    });

  return {
    openIf,
    /** For who has just made the account. */
    async open(personId: PersonId, organisationId: OrganisationId, client: Client): Promise<Secret> {
      const token = await openIf(async () => true, personId, organisationId, client, "password");
      invariant(token, "nothing was asked that could say no");
      return token;
    },
    lifetime,

    /** A person's sessions, newest first. */
    list: (personId: PersonId): Promise<Session[]> => listSessions(sql, personId),

    /** How many ended: one, or none when it was over already. */
    endOne: (member: HumanPrincipal, id: string): Promise<number> =>
      sql.begin(async (tx) => {
        const ended = await removeSession(tx, member.personId as PersonId, id);
        if (ended === 0) return ended;
        await removeUnfinished(tx, member.personId as PersonId);
        await announceAccess(tx, null, { sessionId: id });
        await auditEnd(tx, member, { kind: "session", id, name: member.name }, ended);
        return ended;
      }),

    /** Ends every session of the caller's but the one that asks; with a token, all of them. */
    endOthers: (member: HumanPrincipal): Promise<number> =>
      sql.begin(async (tx) => {
        const personId = member.personId as PersonId;
        const ended =
          member.kind === "person"
            ? await removeOtherSessions(tx, personId, member.sessionId)
            : await removeAllSessions(tx, personId);
        await removeUnfinished(tx, personId);
        await tellOfEnd(tx, member, ended);
        return ended;
      }),

    /** Null when the cookie belongs to no session, or to one that has ended. */
    async resolve(token: Secret, now = new Date()): Promise<SignedInSession | null> {
      const session = await findSession(sql, { tokenHash: hashToken(token) });
      if (session === null || isExpired(session, lifetime(), now)) return null;
      if (now.getTime() - session.lastSeenAt.getTime() > SEEN_EVERY_MS) await touchSession(sql, session.id, now);
      return session;
    },

    /**
     * The same by its id, for gates; null when it has ended. Going through a gate does not count as using the session: what
     * stands open behind one would keep it alive for good.
     */
    async find(id: string, now = new Date()): Promise<SignedInSession | null> {
      const session = await findSession(sql, { id });
      return session === null || isExpired(session, lifetime(), now) ? null : session;
    },

    end: (token: Secret): Promise<void> =>
      sql.begin(async (tx) => {
        const ended = await removeSessionByToken(tx, hashToken(token));
        if (ended === null) return;
        await announceAccess(tx, null, { sessionId: ended.id });
        const subject = { kind: "session", id: ended.id };
        await audit(tx, { app: "auth", action: "session:end", organisationId: ended.organisationId, subject });
      }),

    endAll: (member: HumanPrincipal): Promise<number> =>
      sql.begin(async (tx) => {
        const personId = member.personId as PersonId;
        const ended = await removeAllSessions(tx, personId);
        await removeUnfinished(tx, personId);
        await tellOfEnd(tx, member, ended);
        return ended;
      }),

    /** Removes what can no longer be used: sessions past their age, windows of failures that have ended. */
    async tidy(now = new Date()): Promise<void> {
      const { idleMs, absoluteMs } = lifetime();
      await removeExpiredSessions(sql, new Date(now.getTime() - idleMs), new Date(now.getTime() - absoluteMs));
      await removeEndedWindows(sql);
    },
  };
};

export type Sessions = ReturnType<typeof createSessions>;

const tellOfEnd = async (tx: Tx, member: HumanPrincipal, ended: number): Promise<void> => {
  if (ended === 0) return;
  await announceAccess(tx, null, { personId: member.personId });
  await auditEnd(tx, member, { kind: "person", id: member.personId, name: member.name }, ended);
};

const auditEnd = (
  tx: Tx,
  { organisationId }: HumanPrincipal,
  subject: AuditEntry["subject"],
  count: number,
): Promise<void> =>
  audit(tx, { app: "auth", action: "session:revoke", organisationId, subject, before: { sessionCount: count } });
