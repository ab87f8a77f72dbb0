import type { Db, Sql, Tx } from "./types.ts";

type Action = () => void;

/** Actions of open transactions; savepoints share the list of their transaction. */
const actionsOf = new WeakMap<Db, Action[]>();

/**
 * Runs `action` once the transaction `db` has committed, never if it rolls back, and at once when `db` is not a
 * transaction. For wake-ups that would come too early inside: the woken side could not see the rows yet.
 */
export function afterCommit(db: Db, action: Action): void {
  const actions = actionsOf.get(db);
  if (actions) actions.push(action);
  else action();
}

/** Makes `afterCommit` work for the transactions of a pool. Called once for each pool, where it is opened. */
export function hookTransactions(sql: Sql): Sql {
  const begin = sql.begin.bind(sql);
  const hooked = async <T>(...args: [(tx: Tx) => T | Promise<T>] | [string, (tx: Tx) => T | Promise<T>]) => {
    const actions: Action[] = [];
    const [options, body] = args.length === 1 ? ["", args[0]] : args;
    const result = await begin(options, (tx) => body(track(tx, actions)));
    for (const action of actions) action();
    return result;
  };
  return Object.assign(sql, { begin: hooked });
}

function track(tx: Tx, actions: Action[]): Tx {
  actionsOf.set(tx, actions);
  const savepoint = tx.savepoint.bind(tx);
  const tracked = <T>(...args: [(inner: Tx) => T | Promise<T>] | [string, (inner: Tx) => T | Promise<T>]) => {
    const [name, body] = args.length === 1 ? ["", args[0]] : args;
    const inside: Action[] = [];
    return savepoint(name, async (inner) => {
      const result = await body(track(inner, inside));
      actions.push(...inside);
      return result;
    });
  };
  return Object.assign(tx, { savepoint: tracked });
}
