import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { InstanceRole } from "@homeport/kit/principal.ts";
import { type Account, MAX_SHOWN_ORGANISATIONS, type PlatformPerson } from "../account.ts";

const columns = (sql: Db) => sql`
  p.id, p.email, p.name, p.instance_role as "instanceRole", p.email_verified_at is not null as "emailVerified",
  p.password_hash is not null as "hasPassword",
  exists (
    select from auth.authenticators a where a.person_id = p.id and a.confirmed_at is not null
  ) as "hasAuthenticator",
  (
    select coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'slug', o.slug, 'name', o.name, 'role', o.role)), '[]')
    from (
      select o.id, o.slug, o.name, m.role
      from auth.memberships m
      join auth.organisations o on o.id = m.organisation_id
      where m.person_id = p.id
      order by o.slug
      limit ${MAX_SHOWN_ORGANISATIONS}
    ) o
  ) as "organisations"`;

const platformColumns = (sql: Db) => sql`
  ${columns(sql)}, p.suspended_at as "suspendedAt", p.created_at as "createdAt",
  greatest(
    (select max(s.last_seen_at) from auth.sessions s where s.person_id = p.id),
    (select max(t.last_used_at) from auth.api_tokens t where t.person_id = p.id)
  ) as "lastSeenAt"`;

export const findAccount = async (sql: Db, personId: PersonId): Promise<Account | null> => {
  const [row] = await sql<Account[]>`select ${columns(sql)} from auth.people p where p.id = ${personId}`;
  return row ?? null;
};

export const findPlatformPerson = async (sql: Db, personId: PersonId): Promise<PlatformPerson | null> => {
  const [row] = await sql<PlatformPerson[]>`
    select ${platformColumns(sql)} from auth.people p where p.id = ${personId}`;
  return row ?? null;
};

/** Everybody, newest first, before the person `before`; those with `search` in the address or the name. */
export const listPlatformPeople = (
  sql: Db,
  search: string,
  before: PersonId | null,
  limit: number,
): Promise<PlatformPerson[]> => sql<PlatformPerson[]>`
  select ${platformColumns(sql)}
  from auth.people p
  where (${before}::uuid is null or p.id < ${before})
    and (position(lower(${search}) in p.email) > 0 or position(lower(${search}) in lower(p.name)) > 0)
  order by p.id desc
  limit ${limit}`;

/** How many sessions and tokens somebody has. */
export const countCredentials = async (
  sql: Db,
  personId: PersonId,
): Promise<{ sessionCount: number; tokenCount: number }> => {
  const [row] = await sql<[{ sessionCount: number; tokenCount: number }]>`
    select
      (select count(*)::int from auth.sessions where person_id = ${personId}) as "sessionCount",
      (select count(*)::int from auth.api_tokens where person_id = ${personId}) as "tokenCount"`;
  return row;
};

type LockedPerson = {
  email: string;
  name: string;
  instanceRole: InstanceRole | null;
  suspendedAt: Date | null;
  emailVerifiedAt: Date | null;
};

/** What is changed here, as it is now. Within the transaction nobody else changes it. */
export const lockPerson = async (tx: Db, personId: PersonId): Promise<LockedPerson | null> => {
  const [row] = await tx<LockedPerson[]>`
    select email, name, instance_role as "instanceRole", suspended_at as "suspendedAt",
      email_verified_at as "emailVerifiedAt"
    from auth.people
    where id = ${personId}
    for update`;
  return row ?? null;
};

/**
 * The owners of the instance who can sign in. Within the transaction they stay so, and of two transactions at once the
 * second sees what the first made of them.
 */
export const lockActiveOwners = async (tx: Db): Promise<PersonId[]> => {
  const rows = await tx<{ id: PersonId }[]>`
    select id
    from auth.people
    where instance_role = 'owner' and suspended_at is null
    order by id
    for no key update`;
  return rows.map(({ id }) => id);
};

export const updateName = async (sql: Db, personId: PersonId, name: string): Promise<void> => {
  await sql`update auth.people set name = ${name} where id = ${personId}`;
};

/** The address is proved to be theirs. @throws {postgres.PostgresError} unique violation, when it is somebody's */
export const updateEmail = async (sql: Db, personId: PersonId, email: string): Promise<void> => {
  await sql`update auth.people set email = ${email}, email_verified_at = now() where id = ${personId}`;
};

export const updateSuspension = async (sql: Db, personId: PersonId, suspendedAt: Date | null): Promise<void> => {
  await sql`update auth.people set suspended_at = ${suspendedAt} where id = ${personId}`;
};

export const updateInstanceRole = async (sql: Db, personId: PersonId, role: InstanceRole | null): Promise<void> => {
  await sql`update auth.people set instance_role = ${role} where id = ${personId}`;
};

/** Whether there was one, confirmed or not. */
export const removeSecondFactor = async (sql: Db, personId: PersonId): Promise<boolean> => {
  const [row] = await sql<[{ removed: boolean }]>`
    with codes as (
      delete from auth.recovery_codes where person_id = ${personId} returning person_id
    ), authenticator as (
      delete from auth.authenticators where person_id = ${personId} returning person_id
    )
    select exists (select from codes) or exists (select from authenticator) as removed`;
  return row.removed;
};

/** With everything that is theirs: memberships, sessions, tokens, roles, factors. */
export const removePerson = async (sql: Db, personId: PersonId): Promise<void> => {
  await sql`delete from auth.people where id = ${personId}`;
};

export const isEmailTaken = async (sql: Db, email: string): Promise<boolean> => {
  const rows = await sql`select id from auth.people where email = ${email}`;
  return rows.length > 0;
};
