import type { Db as BossDatabase } from "pg-boss";
import { listenDurably } from "../db/listen.ts";
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

/** The same with LISTEN. pg-boss notifies with the name of the queue; `wake` hears it, null after each reconnect. */
export const listeningDatabase = (sql: Sql, wake: (queue: string | null) => void): BossDatabase => ({
  ...bossDatabase(sql),
  async listen(channel) {
    const stopping = new AbortController();
    const listening = Promise.withResolvers<void>();
    const onListening = () => {
      listening.resolve();
      wake(null);
    };
    const done = listenDurably({ sql, channel, onNotify: wake, onListening, signal: stopping.signal });
    await listening.promise;
    return {
      async close() {
        stopping.abort();
        await done;
      },
    };
  },
});

/** A script of several statements gives a list of row lists, a single statement a list of rows. */
const flatten = (result: readonly unknown[]): unknown[] => (result.some(Array.isArray) ? result.flat() : [...result]);
