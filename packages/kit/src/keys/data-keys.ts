import type { Db, Tx } from "../db/types.ts";

/** The channel on which processes are told that there is another set of keys. */
export const KEYS_CHANNEL = "hp_keys";

export type WrappedKey = {
  id: number;
  wrapped: Uint8Array;
  /** How long until values are sealed with it, by the database's clock; negative once they are. */
  activeInMs: number;
};

/** Every key, oldest first. They are few: one for each rotation whose old key was not removed. */
export const listWrappedKeys = (sql: Db): Promise<WrappedKey[]> => sql<WrappedKey[]>`
  select id, wrapped, (extract(epoch from active_from - clock_timestamp()) * 1000)::float8 as "activeInMs"
  from platform.data_keys
  order by id`;

/** Before the first migration there is no table. */
export const hasKeyTable = async (sql: Db): Promise<boolean> => {
  const [row] = await sql<[{ exists: boolean }]>`select to_regclass('platform.data_keys') is not null as exists`;
  return row.exists;
};

/** Whoever changes keys takes turns; readers go on. */
export const lockKeys = async (tx: Tx): Promise<void> => {
  await tx`lock table platform.data_keys in share row exclusive mode`;
};

export const insertKey = async (tx: Tx, id: number, wrapped: Uint8Array, activeInMs: number): Promise<void> => {
  await tx`
    insert into platform.data_keys (id, wrapped, active_from)
    values (${id}, ${wrapped}, clock_timestamp() + ${activeInMs} * interval '1 millisecond')`;
  await announce(tx);
};

export const rewrapKey = async (tx: Tx, id: number, wrapped: Uint8Array): Promise<void> => {
  await tx`update platform.data_keys set wrapped = ${wrapped} where id = ${id}`;
};

/** Deletes the key and what apps reported about it. */
export const deleteKey = async (tx: Tx, id: number): Promise<void> => {
  await tx`delete from platform.data_keys where id = ${id}`;
  await announce(tx);
};

/** Delivered when the transaction commits. */
const announce = async (tx: Tx): Promise<void> => {
  await tx`select pg_notify(${KEYS_CHANNEL}, '')`;
};
