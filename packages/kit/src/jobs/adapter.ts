import type { Db as BossDatabase } from "pg-boss";
import type { Db, Sql } from "../db/types.ts";

/** pg-boss's scripts for its own schema bring their own transaction and need one connection to themselves. */
const STARTS_TRANSACTION = /^\s*begin\b/i;

/**
 * A pool, or the transaction a job is enqueued in, as pg-boss wants it. The statements are pg-boss's own, with their
 * values as parameters; this and the migrator are the only places that hand text to the driver.
 */
export const bossDatabase = (db: Db | Sql): BossDatabase => ({
  async executeSql(text, values = []) {
    const run = (on: Db) => on.unsafe(text, values as never[]);
    if (!STARTS_TRANSACTION.test(text) || !("reserve" in db)) return { rows: flatten(await run(db)) };
    const reserved = await db.reserve();
    try {
      return { rows: flatten(await run(reserved)) };
    } finally {
      reserved.release();
    }
  },
});

/** The same with LISTEN, which pg-boss uses to wake workers. */
export const listeningDatabase = (sql: Sql): BossDatabase => ({
  ...bossDatabase(sql),
  async listen(channel, onNotification, onReconnect) {
    const { unlisten } = await sql.listen(channel, onNotification, onReconnect);
    return { close: unlisten };
  },
});

/** A script of several statements gives a list of row lists, a single statement a list of rows. */
const flatten = (result: readonly unknown[]): unknown[] => (result.some(Array.isArray) ? result.flat() : [...result]);
