import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import type { InstanceRole, Role } from "@homeport/kit/principal.ts";
import type { Membership } from "../person.ts";

/** What signing in has to know of somebody. */
export type SignInPerson = {
  id: PersonId;
  email: string;
  name: string;
  /** Null for who signs in by other ways. */
  passwordHash: string | null;
  instanceRole: InstanceRole | null;
  suspendedAt: Date | null;
  /** Null while they have not proved that the address is theirs. */
  emailVerifiedAt: Date | null;
};

export const findSignInPerson = async (
  sql: Db,
  by: { id: PersonId } | { email: string },
): Promise<SignInPerson | null> => {
  const [row] = await sql<SignInPerson[]>`
    select id, email, name, password_hash as "passwordHash", instance_role as "instanceRole",
      suspended_at as "suspendedAt", email_verified_at as "emailVerifiedAt"
    from auth.people
    where ${"id" in by ? sql`id = ${by.id}` : sql`email = ${by.email}`}`;
  return row ?? null;
};

/** The oldest membership: where somebody works who has not chosen another place. */
export const findFirstMembership = async (sql: Db, personId: PersonId): Promise<Membership | null> => {
  const [row] = await sql<Membership[]>`
    select p.id as "personId", p.email, p.name,
      o.id as "organisationId", o.slug as "organisationSlug", o.name as "organisationName", m.role
    from auth.memberships m
    join auth.people p on p.id = m.person_id
    join auth.organisations o on o.id = m.organisation_id
    where m.person_id = ${personId}
    order by m.created_at, o.id
    limit 1`;
  return row ?? null;
};

/** False when somebody with this address is there by now. */
export const insertRegistered = async (
  sql: Db,
  person: { id: PersonId; email: string; name: string },
): Promise<boolean> => {
  const rows = await sql`
    insert into auth.people (id, email, name, email_verified_at)
    values (${person.id}, ${person.email}, ${person.name}, now())
    on conflict (email) do nothing
    returning id`;
  return rows.length === 1;
};

/** False when they are a member already. */
export const joinByRule = async (
  sql: Db,
  personId: PersonId,
  organisationId: OrganisationId,
  role: Role,
): Promise<boolean> => {
  const rows = await sql`
    insert into auth.memberships (person_id, organisation_id, role)
    values (${personId}, ${organisationId}, ${role})
    on conflict (person_id, organisation_id) do nothing
    returning person_id`;
  return rows.length === 1;
};

/** How many belong to an organisation. Within the transaction nobody else joins it in this way. */
export const countMembersLocked = async (tx: Db, organisationId: OrganisationId): Promise<number> => {
  await tx`select id from auth.organisations where id = ${organisationId} for update`;
  const [row] = await tx<[{ count: number }]>`
    select count(*)::int as count from auth.memberships where organisation_id = ${organisationId}`;
  return row.count;
};

/** Whether this was the first proof. */
export const markEmailVerified = async (sql: Db, personId: PersonId): Promise<boolean> => {
  const rows = await sql`
    update auth.people set email_verified_at = now()
    where id = ${personId} and email_verified_at is null
    returning id`;
  return rows.length === 1;
};

/** Takes away every way in that an account has. */
export const removeWaysIn = async (tx: Db, personId: PersonId): Promise<void> => {
  await tx`update auth.people set password_hash = null where id = ${personId}`;
  await tx`delete from auth.sessions where person_id = ${personId}`;
  await tx`delete from auth.api_tokens where person_id = ${personId}`;
  await tx`delete from auth.authenticators where person_id = ${personId}`;
  await tx`delete from auth.recovery_codes where person_id = ${personId}`;
  await removeUnfinished(tx, personId);
};

export const setPasswordHash = async (sql: Db, personId: PersonId, passwordHash: string): Promise<void> => {
  await sql`update auth.people set password_hash = ${passwordHash} where id = ${personId}`;
};

/**
 * Ends what somebody began in an account and has not finished: a sign-in, another address, a command line that was let in.
 * It goes with the sessions and the password: who stole one of them would come back by what they began with it.
 */
export const removeUnfinished = async (tx: Db, personId: PersonId): Promise<void> => {
  await tx`delete from auth.pending_sign_ins where person_id = ${personId}`;
  await tx`delete from auth.email_changes where person_id = ${personId}`;
  await tx`delete from auth.device_codes where person_id = ${personId}`;
};

/**
 * Whether somebody may come in by what they proved: they are not suspended, and have the password that was looked at (null
 * for a proof without one). Within the transaction it stays so: who changes that comes after it, and ends its session.
 */
export const lockProof = async (tx: Db, personId: PersonId, passwordHash: string | null): Promise<boolean> => {
  const rows = await tx`
    select id from auth.people
    where id = ${personId} and suspended_at is null
      and (${passwordHash}::text is null or password_hash = ${passwordHash})
    for share`;
  return rows.length === 1;
};
