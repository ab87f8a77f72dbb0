import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

export type PendingSignIn = { personId: PersonId; method: string };

export const insertPendingSignIn = async (
  sql: Db,
  pending: PendingSignIn & { tokenHash: Uint8Array; expiresAt: Date },
): Promise<void> => {
  await sql`
    insert into auth.pending_sign_ins (token_hash, person_id, method, expires_at)
    values (${pending.tokenHash}, ${pending.personId}, ${pending.method}, ${pending.expiresAt})`;
};

export const findPendingSignIn = async (sql: Db, tokenHash: Uint8Array): Promise<PendingSignIn | null> => {
  const [row] = await sql<PendingSignIn[]>`
    select person_id as "personId", method
    from auth.pending_sign_ins
    where token_hash = ${tokenHash} and expires_at > now()`;
  return row ?? null;
};

/** Counts a try before it is made; null when it is over, or was tried `max` times. */
export const tryPendingSignIn = async (sql: Db, tokenHash: Uint8Array, max: number): Promise<PendingSignIn | null> => {
  const [row] = await sql<PendingSignIn[]>`
    update auth.pending_sign_ins set attempts = attempts + 1
    where token_hash = ${tokenHash} and expires_at > now() and attempts < ${max}
    returning person_id as "personId", method`;
  return row ?? null;
};

/** Uses it up. Of many at once exactly one gets true. */
export const spendPendingSignIn = async (sql: Db, tokenHash: Uint8Array): Promise<boolean> => {
  const rows = await sql`delete from auth.pending_sign_ins where token_hash = ${tokenHash} returning person_id`;
  return rows.length === 1;
};

export const removeEndedPendingSignIns = async (sql: Db): Promise<void> => {
  await sql`delete from auth.pending_sign_ins where expires_at <= now()`;
};
