import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

/** A person waits for one address at a time: the last that they asked for. */
export const putEmailChange = async (
  sql: Db,
  change: { personId: PersonId; email: string; tokenHash: Uint8Array; expiresAt: Date },
): Promise<void> => {
  await sql`
    insert into auth.email_changes (person_id, email, token_hash, expires_at)
    values (${change.personId}, ${change.email}, ${change.tokenHash}, ${change.expiresAt})
    on conflict (person_id) do update set
      email = excluded.email,
      token_hash = excluded.token_hash,
      created_at = now(),
      expires_at = excluded.expires_at`;
};

export const removeEmailChange = async (sql: Db, personId: PersonId): Promise<void> => {
  await sql`delete from auth.email_changes where person_id = ${personId}`;
};

export const findEmailChange = async (
  sql: Db,
  tokenHash: Uint8Array,
): Promise<{ personId: PersonId; email: string } | null> => {
  const [row] = await sql<{ personId: PersonId; email: string }[]>`
    select person_id as "personId", email from auth.email_changes where token_hash = ${tokenHash} and expires_at > now()`;
  return row ?? null;
};

/** Uses the link up. Of many at once exactly one gets what it is for. */
export const spendEmailChange = async (
  sql: Db,
  tokenHash: Uint8Array,
): Promise<{ personId: PersonId; email: string } | null> => {
  const [row] = await sql<{ personId: PersonId; email: string }[]>`
    delete from auth.email_changes
    where token_hash = ${tokenHash} and expires_at > now()
    returning person_id as "personId", email`;
  return row ?? null;
};

export const removeEndedEmailChanges = async (sql: Db): Promise<void> => {
  await sql`delete from auth.email_changes where expires_at <= now()`;
};
