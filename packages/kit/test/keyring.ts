import { randomBytes } from "node:crypto";
import type { Sql } from "../src/db/types.ts";
import { KEYS_CHANNEL } from "../src/keys/data-keys.ts";
import { createKeyring, type Keyring } from "../src/keys/keyring.ts";

/** A keyring with one key, which no database knows: for tests of what is sealed and opened in one place. */
export const testKeyring = (): Keyring => {
  const key = { id: 1, key: randomBytes(32), activeAt: 0 };
  return createKeyring(() => [key]);
};

/** For changes of keys that nothing is written about. */
export const untold = async (): Promise<void> => undefined;

/** Makes key `id` have been in use for `seconds`: what apps counted before is older by as much. */
export const passSeconds = async (admin: Sql, id: number, seconds: number): Promise<void> => {
  await admin.begin(async (tx) => {
    await tx`update platform.data_key_usage set checked_at = checked_at - ${seconds} * interval '1 second'`;
    await tx`update platform.data_keys set active_from = now() - ${seconds} * interval '1 second' where id = ${id}`;
    await tx`select pg_notify(${KEYS_CHANNEL}, '')`;
  });
};
