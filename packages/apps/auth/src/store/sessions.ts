import type { Db } from "@homeport/kit/db/connect.ts";
import type { Id, OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";

export type SessionId = Id<"session">;

export type Session = {
  id: SessionId;
  personId: PersonId;
  organisationId: OrganisationId;
  userAgent: string;
  address: string;
  createdAt: Date;
  lastSeenAt: Date;
};

export const insertSession = async (
  sql: Db,
  session: Pick<Session, "id" | "personId" | "organisationId" | "userAgent" | "address"> & { tokenHash: Uint8Array },
): Promise<void> => {
  await sql`
    insert into auth.sessions (id, person_id, organisation_id, token_hash, user_agent, address)
    values (${session.id}, ${session.personId}, ${session.organisationId}, ${session.tokenHash},
      ${session.userAgent}, ${session.address})`;
};

export type SignedInSession = Session & { email: string; name: string; organisationSlug: string; role: Role };

/** A session with who it belongs to, whatever its age. */
export const findSession = async (sql: Db, tokenHash: Uint8Array): Promise<SignedInSession | null> => {
  const [row] = await sql<SignedInSession[]>`
    select s.id, s.person_id as "personId", s.organisation_id as "organisationId", s.user_agent as "userAgent",
      s.address, s.created_at as "createdAt", s.last_seen_at as "lastSeenAt",
      p.email, p.name, o.slug as "organisationSlug", m.role
    from auth.sessions s
    join auth.memberships m on m.person_id = s.person_id and m.organisation_id = s.organisation_id
    join auth.people p on p.id = s.person_id
    join auth.organisations o on o.id = s.organisation_id
    where s.token_hash = ${tokenHash}`;
  return row ?? null;
};

export const touchSession = async (sql: Db, id: SessionId, now: Date): Promise<void> => {
  await sql`update auth.sessions set last_seen_at = ${now} where id = ${id}`;
};

/** A person's sessions, newest first; more than 100 are never shown. */
export const listSessions = (sql: Db, personId: PersonId): Promise<Session[]> => sql<Session[]>`
  select id, person_id as "personId", organisation_id as "organisationId", user_agent as "userAgent", address,
    created_at as "createdAt", last_seen_at as "lastSeenAt"
  from auth.sessions
  where person_id = ${personId}
  order by created_at desc, id
  limit 100`;

export const findOwnSession = async (sql: Db, personId: PersonId, id: string): Promise<Session | null> => {
  const [row] = await sql<Session[]>`
    select id, person_id as "personId", organisation_id as "organisationId", user_agent as "userAgent", address,
      created_at as "createdAt", last_seen_at as "lastSeenAt"
    from auth.sessions
    where person_id = ${personId} and id = ${id}`;
  return row ?? null;
};

export const removeSession = async (sql: Db, personId: PersonId, id: string): Promise<number> => {
  const removed = await sql`delete from auth.sessions where person_id = ${personId} and id = ${id} returning id`;
  return removed.length;
};

export const removeSessionByToken = async (sql: Db, tokenHash: Uint8Array): Promise<void> => {
  await sql`delete from auth.sessions where token_hash = ${tokenHash}`;
};

export const removeAllSessions = async (sql: Db, personId: PersonId): Promise<number> => {
  const removed = await sql`delete from auth.sessions where person_id = ${personId} returning id`;
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
