import { DomainError } from "../errors.ts";
import { isConnectionLost } from "./errors.ts";
import type { Db, Sql, Tx } from "./types.ts";

type Action = () => void;
type Body<T> = (tx: Tx) => T | Promise<T>;

/** Actions of open transactions; those of a savepoint join its transaction's when it is released. */
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

/** Whether the transaction is over: committed, rolled back, or its connection lost. */
type State = { ended: boolean };

/**
 * Makes `begin` of a pool safe to use after its connection was lost, and `afterCommit` work. Called once for each pool,
 * where it is opened.
 *
 * postgres.js rejects `begin` when the connection of a transaction closes, but the body goes on: its next statement,
 * and the library's own `rollback`, go to the same connection object, which may by then be another session in the
 * middle of somebody else's transaction. So statements of a transaction that is over throw, and the library never
 * learns how a body ended whose connection is gone.
 */
export function guardTransactions(sql: Sql): Sql {
  const begin = sql.begin.bind(sql);
  const guarded = async <T>(...args: [Body<T>] | [string, Body<T>]) => {
    const [options, body] = args.length === 1 ? ["", args[0]] : args;
    const actions: Action[] = [];
    const state: State = { ended: false };
    try {
      const result = await begin(options, (tx) => settle(state, body(guard(tx, state, actions))));
      state.ended = true;
      for (const action of actions) action();
      return result;
    } finally {
      state.ended = true;
    }
  };
  return Object.assign(sql, { begin: guarded });
}

/** A transaction that refuses to be used once it is over. */
function guard(tx: Tx, state: State, actions: Action[]): Tx {
  const savepoint = <T>(...args: [Body<T>] | [string, Body<T>]) => {
    const [name, body] = args.length === 1 ? ["", args[0]] : args;
    const inside: Action[] = [];
    return tx.savepoint(name, async (inner) => {
      const result = await settle(state, body(guard(inner, state, inside)));
      actions.push(...inside);
      return result;
    });
  };
  const guarded = new Proxy(tx, {
    apply(target, self, args) {
      refuseIfEnded(state);
      return Reflect.apply(target, self, args);
    },
    get(target, name) {
      if (name === "unsafe" || name === "file" || name === "savepoint") refuseIfEnded(state);
      return name === "savepoint" ? savepoint : Reflect.get(target, name);
    },
  });
  actionsOf.set(guarded, actions);
  return guarded;
}

function refuseIfEnded(state: State): void {
  if (state.ended)
    throw new DomainError(
      "unavailable",
      "The transaction is over: its connection was lost, or it was used after its end.",
    );
}

/** How the body ended, for the library; never, when there is no connection left on which it could act on that. */
async function settle<T>(state: State, body: T | Promise<T>): Promise<T> {
  try {
    const result = await body;
    return state.ended ? await new Promise<never>(() => undefined) : result;
  } catch (err) {
    // A failed write is reported before the close that follows it and that rejects `begin`.
    if (state.ended || isConnectionLost(err)) return await new Promise<never>(() => undefined);
    throw err;
  }
}
