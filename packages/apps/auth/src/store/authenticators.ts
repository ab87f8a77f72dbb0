import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

export type Authenticator = { sealed: Uint8Array; confirmedAt: Date | null };

export const findAuthenticator = async (sql: Db, personId: PersonId): Promise<Authenticator | null> => {
  const [row] = await sql<Authenticator[]>`
    select secret_sealed as "sealed", confirmed_at as "confirmedAt"
    from auth.authenticators
    where person_id = ${personId}`;
  return row ?? null;
};

/** Puts one that waits for its first code, in place of another that does. False when there is a confirmed one. */
export const putAuthenticator = async (sql: Db, personId: PersonId, sealed: Uint8Array): Promise<boolean> => {
  const rows = await sql`
    insert into auth.authenticators as a (person_id, secret_sealed)
    values (${personId}, ${sealed})
    on conflict (person_id) do update
      set secret_sealed = excluded.secret_sealed, last_step = 0, created_at = now()
      where a.confirmed_at is null
    returning person_id`;
  return rows.length === 1;
};

/** False when it was confirmed before, or is another one than `sealed` by now: its person knows only that one's secret. */
export const confirmAuthenticator = async (
  sql: Db,
  personId: PersonId,
  sealed: Uint8Array,
  step: number,
): Promise<boolean> => {
  const rows = await sql`
    update auth.authenticators set confirmed_at = now(), last_step = ${step}
    where person_id = ${personId} and confirmed_at is null and secret_sealed = ${sealed} and last_step < ${step}
    returning person_id`;
  return rows.length === 1;
};

/** Whether there is a confirmed one. Within the transaction it stays so, and nobody else makes recovery codes for it. */
export const lockAuthenticator = async (tx: Db, personId: PersonId): Promise<boolean> => {
  const rows = await tx`
    select person_id from auth.authenticators
    where person_id = ${personId} and confirmed_at is not null
    for update`;
  return rows.length === 1;
};

/** Uses a step up. Of many at once with codes of the same step exactly one gets true. */
export const spendStep = async (sql: Db, personId: PersonId, step: number): Promise<boolean> => {
  const rows = await sql`
    update auth.authenticators set last_step = ${step}
    where person_id = ${personId} and confirmed_at is not null and last_step < ${step}
    returning person_id`;
  return rows.length === 1;
};

export const removeAuthenticator = async (sql: Db, personId: PersonId): Promise<number> => {
  const rows = await sql`delete from auth.authenticators where person_id = ${personId} returning person_id`;
  return rows.length;
};

export const countRecoveryCodes = async (sql: Db, personId: PersonId): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from auth.recovery_codes where person_id = ${personId}`;
  return row.count;
};

/** In place of all that there are. */
export const putRecoveryCodes = async (tx: Db, personId: PersonId, hashes: readonly Buffer[]): Promise<void> => {
  await tx`delete from auth.recovery_codes where person_id = ${personId}`;
  await tx`
    insert into auth.recovery_codes (person_id, code_hash)
    select ${personId}, decode(unnest(${hashes.map((hash) => hash.toString("hex"))}::text[]), 'hex')`;
};

/** Uses a code up. Of many at once exactly one gets true. */
export const spendRecoveryCode = async (sql: Db, personId: PersonId, hash: Uint8Array): Promise<boolean> => {
  const rows = await sql`
    delete from auth.recovery_codes where person_id = ${personId} and code_hash = ${hash} returning person_id`;
  return rows.length === 1;
};

export const removeRecoveryCodes = async (sql: Db, personId: PersonId): Promise<void> => {
  await sql`delete from auth.recovery_codes where person_id = ${personId}`;
};
