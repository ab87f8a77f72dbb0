import postgres from "postgres";
import { invariant } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { roleOf, rolePassword, schemaOf } from "./names.ts";
import { guardTransactions } from "./transaction.ts";
import type { ConnectOptions, Db, Sql } from "./types.ts";

export { afterCommit } from "./transaction.ts";
export type { Db, Sql, Tx } from "./types.ts";

/**
 * int8 and count(*) are numbers here. Postgres' own range is wider than a double's exact one, so a value beyond 2^53
 * stops with an error instead of being rounded; counters and sequences of this platform do not get there.
 */
const bigint: postgres.PostgresType<number> = {
  to: 20,
  from: [20],
  serialize: String,
  parse: (raw: string) => {
    const value = Number(raw);
    invariant(Number.isSafeInteger(value), `bigint ${raw} does not fit a JavaScript number`);
    return value;
  },
};

/** Limits of every session. A forgotten transaction would hold back the event log, so it ends after 15 s. */
const SESSION_LIMITS = {
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 15_000,
};

/**
 * Pools shrink when idle, each connection costs the server some 4 MiB. Opening one costs both sides together 18 ms of CPU,
 * so what every app looks for twice a minute must not open one each time. A query takes the connection that was used
 * last, a change of ours to postgres.js in patches/: with its own order, the one that was used first, a query a second
 * would keep all of a pool open.
 */
const IDLE_SECONDS = 40;

/** The options a pool was opened with, so that `dedicated` can open one more connection like it. */
const optionsOf = new WeakMap<Sql, ConnectOptions>();

/** A pool with the rights of DATABASE_URL: for migrations, and for tools of operators. */
export function connectAdmin(url: Secret, options: { max?: number; applicationName?: string } = {}): Sql {
  return open({
    ...parseDatabaseUrl(url),
    max: options.max ?? 2,
    connection: {
      application_name: options.applicationName ?? "homeport-admin",
      // Migrations may rewrite large tables; they bound their waits for locks themselves.
      idle_in_transaction_session_timeout: SESSION_LIMITS.idle_in_transaction_session_timeout,
    },
  });
}

/**
 * The pool of one app: connects as the app's own role, which sees its own schema and the shared parts of `platform`,
 * nothing else. `url` is DATABASE_URL; its user and password are replaced.
 */
export function connectApp(options: { url: Secret; app: string; secret: Secret; max?: number }): Sql {
  const { app } = options;
  return open({
    ...parseDatabaseUrl(options.url),
    user: roleOf(app),
    password: rolePassword(options.secret, app).reveal(),
    max: options.max ?? 4,
    connection: { application_name: `homeport-${app}`, search_path: schemaOf(app), ...SESSION_LIMITS },
  });
}

/** One more connection with the rights of `sql` that never idles out, for what must keep its session (LISTEN). */
export function dedicated(sql: Sql, handlers: Pick<ConnectOptions, "onclose" | "onnotify">): Sql {
  const options = optionsOf.get(sql);
  invariant(options, "dedicated() takes a pool that connectAdmin or connectApp opened");
  return open({ ...options, ...handlers, max: 1, idle_timeout: 0 });
}

/**
 * Waits for running queries, then closes the pool. It waits its whole time when a connection was lost in the middle of
 * a statement, because postgres.js still counts that statement as running.
 */
export const closeSql = (sql: Sql, timeoutSeconds = 5): Promise<void> => sql.end({ timeout: timeoutSeconds });

/** A value for a jsonb column. It must survive JSON; `undefined` fields are dropped. */
export const jsonb = (db: Db, value: unknown): postgres.Parameter => db.json(value as postgres.JSONValue);

function open(options: ConnectOptions): Sql {
  const sql: Sql = postgres({
    idle_timeout: IDLE_SECONDS,
    connect_timeout: 10,
    onnotice: () => undefined,
    types: { bigint },
    ...options,
  });
  optionsOf.set(sql, options);
  return guardTransactions(sql);
}
