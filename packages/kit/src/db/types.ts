import type postgres from "postgres";

/** What postgres.js is told beyond its own types: int8 is a number here. */
type Types = { bigint: number };

/** A pool of connections. */
export type Sql = postgres.Sql<Types>;
/** An open transaction, what `sql.begin` gives. */
export type Tx = postgres.TransactionSql<Types>;
/** Either: what a query function takes first, so that it works inside and outside a transaction. */
export type Db = postgres.ISql<Types>;

/**
 * Options of a pool. postgres.js takes `onnotify`, its own `listen` is built on it, but leaves it out of its types.
 */
export type ConnectOptions = postgres.Options<{ bigint: postgres.PostgresType<number> }> & {
  onnotify?: (channel: string, payload: string) => void;
};
