import type { Sql, Tx } from "../db/types.ts";
import { createWaker } from "../lease/waker.ts";
import type { Logger } from "../log.ts";
import type { LiveKeyring } from "./live-keyring.ts";
import { type Batch, countByKey, resealBatch, type SealedColumn } from "./sealed-column.ts";
import { reportUsage, SETTLED_MS } from "./usage.ts";

/** While there is an old key: a row that comes back from a backup is found within this time. */
const EVERY_MS = 10 * 60_000;
/** With one key there is nothing to do until there is another, which wakes the loop. */
const IDLE_MS = 24 * 60 * 60_000;
/** Rows that somebody was changing are free again soon. */
const SOON_MS = 2000;
const MAX_BACKOFF_MS = 60_000;

export type ResealOptions = {
  /** The app's own pool. */
  sql: Sql;
  keyring: LiveKeyring;
  columns: readonly SealedColumn[];
  log: Logger;
  signal: AbortSignal;
};

/**
 * Seals an app's values anew when there is another key, and reports how many each key still seals. Every process of an
 * app does so; they share the rows. Returns the end of the loop, which comes with the signal.
 */
export const startResealing = async (options: ResealOptions): Promise<void> => {
  const { keyring, log, signal } = options;
  const waker = createWaker(signal);
  const forget = keyring.subscribe(waker.wake);
  for (let failures = 0; !signal.aborted; ) {
    let waitMs: number;
    try {
      waitMs = await resealAll(options);
      failures = 0;
    } catch (err) {
      failures += 1;
      waitMs = Math.min(1000 * 2 ** failures, MAX_BACKOFF_MS);
      if (!signal.aborted) log.warn({ err, failures }, "values could not be sealed anew and are tried again");
    }
    await waker.wait(waitMs);
  }
  forget();
};

/** How long until there is something to look for again. */
const resealAll = async (options: ResealOptions): Promise<number> => {
  const { sql, keyring, columns, signal } = options;
  const { activeId } = keyring;
  const ids = keyring.keys().map(({ id }) => id);
  const oldIds = ids.filter((id) => id < activeId);
  let damaged = 0;
  for (const column of oldIds.length === 0 ? [] : columns) damaged += await resealColumn(options, column, oldIds);
  if (signal.aborted) return 0;
  const remaining = await sql.begin(async (tx) => {
    const counts = new Map<string, Map<number, number>>();
    for (const column of columns) counts.set(sourceOf(column), await countKnown(tx, column, ids));
    for (const [source, count] of counts) await reportUsage(tx, source, count);
    return [...counts.values()];
  });
  const left = remaining
    .flatMap((count) => oldIds.map((id) => count.get(id) ?? 0))
    .reduce((sum, each) => sum + each, 0);
  return nextLookMs(keyring, oldIds, left - damaged);
};

const sourceOf = ({ table, field }: SealedColumn): string => `${table}.${field}`;

/** Without a key that somebody just made or removed. */
const countKnown = async (tx: Tx, column: SealedColumn, ids: number[]): Promise<Map<number, number>> => {
  const counts = await countByKey(tx, column);
  return new Map(ids.map((id) => [id, counts.get(id) ?? 0]));
};

const nextLookMs = (keyring: LiveKeyring, oldIds: readonly number[], passedOver: number): number => {
  if (oldIds.length === 0) return IDLE_MS;
  if (passedOver > 0) return SOON_MS;
  const replacedAt = keyring.keys().find(({ id }) => id === keyring.activeId)?.activeAt ?? 0;
  const settlesInMs = replacedAt + SETTLED_MS - performance.now();
  return settlesInMs > 0 ? settlesInMs + SOON_MS : EVERY_MS;
};

/** How many of its values do not open. */
const resealColumn = async (options: ResealOptions, column: SealedColumn, oldIds: number[]): Promise<number> => {
  const { sql, keyring, log, signal } = options;
  const { table, field } = column;
  let [sealed, damaged] = [0, 0];
  let err: unknown;
  let last: Record<string, unknown> | null = null;
  do {
    const after: Record<string, unknown> | null = last;
    const batch: Batch = await sql.begin((tx) => resealBatch(tx, keyring, column, oldIds, after));
    sealed += batch.sealed;
    damaged += batch.failures.length;
    err ??= batch.failures[0];
    last = batch.last;
  } while (last !== null && !signal.aborted);
  if (sealed > 0) log.info({ table, field, count: sealed }, "values sealed anew");
  if (damaged > 0)
    log.error({ err, table, field, count: damaged }, "values do not open, so their key cannot be removed");
  return damaged;
};
