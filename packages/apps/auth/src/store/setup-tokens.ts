import type { Db } from "@homeport/kit/db/connect.ts";

export const findSetupTokenHash = async (sql: Db): Promise<Uint8Array | null> => {
  const [row] = await sql<{ hash: Uint8Array }[]>`select token_hash as "hash" from auth.setup_tokens`;
  return row?.hash ?? null;
};

export const putSetupToken = async (sql: Db, hash: Uint8Array): Promise<void> => {
  await sql`
    insert into auth.setup_tokens (token_hash)
    values (${hash})
    on conflict (only_one) do update set token_hash = excluded.token_hash, created_at = now()`;
};

/** Uses the token up. Of many callers at once exactly one gets true. */
export const claimSetupToken = async (sql: Db, hash: Uint8Array): Promise<boolean> => {
  const claimed = await sql`delete from auth.setup_tokens where token_hash = ${hash} returning only_one`;
  return claimed.length === 1;
};
