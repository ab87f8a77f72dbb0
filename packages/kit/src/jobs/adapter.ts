import type { Db as BossDatabase } from "pg-boss";
import type { Db, Sql } from "../db/types.ts";
import type { EventLog } from "../events/log.ts";

/** pg-boss's scripts for its own schema bring their own transaction and need one connection to themselves. */
const STARTS_TRANSACTION = /^\s*begin\b/i;

/**
 * pg-boss hands JSON over as text, and mostly says `$1::text::json`. Where it says `$1::json` only, postgres.js takes the
 * text for a value and makes JSON of it again.
 */
const UNTYPED_JSON = /(\$\d+)::json\b/g;

/**
 * A pool, or the transaction a job is enqueued in, as pg-boss wants it. The statements are pg-boss's own, with their
 * values as parameters; this and the migrator are the only places that hand text to the driver.
 */
export const bossDatabase = (db: Db | Sql): BossDatabase => ({
  async executeSql(text, values = []) {
    const run = (on: Db) => on.unsafe(text.replace(UNTYPED_JSON, "$1::text::json"), values as never[]);
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
export const listeningDatabase = (
  sql: Sql,
  events: Pick<EventLog, "listen">,
  wake: (queue: string | null) => void,
): BossDatabase => ({
  ...bossDatabase(sql),
  async listen(channel) {
    const forget = events.listen({ name: channel, look: wake });
    return { close: async () => forget() };
  },
});

/** A script of several statements gives a list of row lists, a single statement a list of rows. */
const flatten = (result: readonly unknown[]): unknown[] => (result.some(Array.isArray) ? result.flat() : [...result]);
