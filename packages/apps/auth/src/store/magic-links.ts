import type { Db } from "@homeport/kit/db/connect.ts";

export const insertMagicLink = async (
  sql: Db,
  link: { tokenHash: Uint8Array; email: string; next: string; expiresAt: Date },
): Promise<void> => {
  await sql`
    insert into auth.magic_links (token_hash, email, next, expires_at)
    values (${link.tokenHash}, ${link.email}, ${link.next}, ${link.expiresAt})`;
};

export const findMagicLink = async (
  sql: Db,
  tokenHash: Uint8Array,
): Promise<{ email: string; next: string } | null> => {
  const [row] = await sql<{ email: string; next: string }[]>`
    select email, next from auth.magic_links where token_hash = ${tokenHash} and expires_at > now()`;
  return row ?? null;
};

/** Uses it up. Of many at once exactly one gets the address. */
export const spendMagicLink = async (sql: Db, tokenHash: Uint8Array): Promise<string | null> => {
  const [row] = await sql<{ email: string }[]>`
    delete from auth.magic_links
    where token_hash = ${tokenHash} and expires_at > now()
    returning email`;
  return row?.email ?? null;
};

export const removeEndedMagicLinks = async (sql: Db): Promise<void> => {
  await sql`delete from auth.magic_links where expires_at <= now()`;
};
