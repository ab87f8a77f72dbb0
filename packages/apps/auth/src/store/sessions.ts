import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { MAX_SESSIONS, type Session, type SessionId, type SignedInSession } from "../session.ts";
import { grantsOfPerson } from "./principal-grants.ts";

/** The name of its person. */
export const insertSession = async (
  sql: Db,
  session: Pick<Session, "id" | "personId" | "organisationId" | "userAgent" | "address" | "method"> & {
    tokenHash: Uint8Array;
  },
): Promise<string> => {
  const [row] = await sql<[{ name: string }]>`
    insert into auth.sessions (id, person_id, organisation_id, token_hash, user_agent, address, method)
    values (${session.id}, ${session.personId}, ${session.organisationId}, ${session.tokenHash},
      ${session.userAgent}, ${session.address}, ${session.method})
    returning (select name from auth.people where id = person_id) as "name"`.catch(
    dbError({ sessions_person_id_organisation_id_fkey: "You are no longer a member of this organisation." }),
  );
  return row.name;
};

/** A session of who may sign in, whatever its age; by its cookie, or by the id that gates know. */
export const findSession = async (
  sql: Db,
  by: { tokenHash: Uint8Array } | { id: string },
): Promise<SignedInSession | null> => {
  const [row] = await sql<SignedInSession[]>`
    select s.id, s.person_id as "personId", s.organisation_id as "organisationId", s.user_agent as "userAgent",
      s.address, s.method, s.verified_at as "verifiedAt", s.created_at as "createdAt", s.last_seen_at as "lastSeenAt",
      p.email, p.name, p.instance_role as "instanceRole", o.slug as "organisationSlug", m.role,
      ${grantsOfPerson(sql, sql`s.organisation_id`, sql`s.person_id`)} as "grants"
    from auth.sessions s
    join auth.memberships m on m.person_id = s.person_id and m.organisation_id = s.organisation_id
    join auth.people p on p.id = s.person_id
    join auth.organisations o on o.id = s.organisation_id
    where p.suspended_at is null
      and ${"id" in by ? sql`s.id = ${by.id}` : sql`s.token_hash = ${by.tokenHash}`}`;
  return row ?? null;
};

export const touchSession = async (sql: Db, id: SessionId, now: Date): Promise<void> => {
  await sql`update auth.sessions set last_seen_at = ${now} where id = ${id}`;
};

/** A person's sessions, newest first. */
export const listSessions = (sql: Db, personId: PersonId): Promise<Session[]> => sql<Session[]>`
  select id, person_id as "personId", organisation_id as "organisationId", user_agent as "userAgent", address,
    method, verified_at as "verifiedAt", created_at as "createdAt", last_seen_at as "lastSeenAt"
  from auth.sessions
  where person_id = ${personId}
  order by created_at desc, id
  limit ${MAX_SESSIONS}`;

export const isOwnSession = async (sql: Db, personId: PersonId, id: string): Promise<boolean> => {
  const rows = await sql`select id from auth.sessions where person_id = ${personId} and id = ${id}`;
  return rows.length === 1;
};

export const removeSession = async (sql: Db, personId: PersonId, id: string): Promise<number> => {
  const removed = await sql`delete from auth.sessions where person_id = ${personId} and id = ${id} returning id`;
  return removed.length;
};

/** The session that ended; null when there was none. */
export const removeSessionByToken = async (
  sql: Db,
  tokenHash: Uint8Array,
): Promise<Pick<Session, "id" | "organisationId"> | null> => {
  const [row] = await sql<Pick<Session, "id" | "organisationId">[]>`
    delete from auth.sessions where token_hash = ${tokenHash} returning id, organisation_id as "organisationId"`;
  return row ?? null;
};

/** All but `keptId`. */
export const removeOtherSessions = async (sql: Db, personId: PersonId, keptId: string): Promise<number> => {
  const removed = await sql`
    delete from auth.sessions where person_id = ${personId} and id <> ${keptId} returning id`;
  return removed.length;
};

export const removeAllSessions = async (sql: Db, personId: PersonId): Promise<number> => {
  const removed = await sql`delete from auth.sessions where person_id = ${personId} returning id`;
  return removed.length;
};

/** Keeps a person's newest MAX_SESSIONS. How many went. */
export const removeSurplusSessions = async (sql: Db, personId: PersonId): Promise<number> => {
  const removed = await sql`
    delete from auth.sessions
    where id in (
      select id from auth.sessions
      where person_id = ${personId}
      order by created_at desc, id
      offset ${MAX_SESSIONS})
    returning id`;
  return removed.length;
};

/** Sessions that can no longer be used. */
export const removeExpiredSessions = async (sql: Db, idleBefore: Date, createdBefore: Date): Promise<number> => {
  const removed = await sql`
    delete from auth.sessions
    where last_seen_at < ${idleBefore} or created_at < ${createdBefore}
    returning id`;
  return removed.length;
};
