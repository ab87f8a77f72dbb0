import type { Db } from "@homeport/kit/db/connect.ts";

export const findSetupTokenHash = async (sql: Db): Promise<Uint8Array | null> => {
  const [row] = await sql<{ hash: Uint8Array }[]>`select token_hash as "hash" from auth.setup_tokens`;
  return row?.hash ?? null;
};

/** False when there is somebody by now: nobody needs one then. */
export const putSetupToken = async (sql: Db, hash: Uint8Array): Promise<boolean> => {
  const rows = await sql`
    insert into auth.setup_tokens (token_hash)
    select ${hash} where not exists (select from auth.people)
    on conflict (only_one) do update set token_hash = excluded.token_hash, created_at = now()
    returning only_one`;
  return rows.length === 1;
};

export const removeSetupToken = async (sql: Db): Promise<void> => {
  await sql`delete from auth.setup_tokens`;
};

/** Uses the token up. Of many callers at once exactly one gets true. */
export const claimSetupToken = async (sql: Db, hash: Uint8Array): Promise<boolean> => {
  const claimed = await sql`delete from auth.setup_tokens where token_hash = ${hash} returning only_one`;
  return claimed.length === 1;
};
