import type { Tx } from "../db/types.ts";
import { HEADER_BYTES, headerOf, type Keyring, type SealedAt } from "./keyring.ts";

/**
 * A column of sealed values, which the kit seals anew when there is another key. The names are the app's own: they go
 * into SQL as identifiers.
 */
export type SealedColumn = {
  /** With its schema: `shop.orders`. */
  table: string;
  /** Null in rows without a value. */
  field: string;
  /** The columns of the primary key. */
  key: readonly string[];
  /** What `at` reads besides the key, such as `organisation_id`. */
  also: readonly string[];
  /** Where the value of a row is sealed: the place the app names itself when it seals it. */
  at: (row: Record<string, unknown>) => SealedAt;
};

type Row = Record<string, unknown>;

const BATCH = 100;

/** `last` is where the next batch goes on, null at the end; `failures` say why rows do not open, and stay as they are. */
export type Batch = { last: Row | null; sealed: number; failures: unknown[] };

/**
 * Seals up to 100 values anew that one of the keys `oldIds` seals, in the order of the primary key from `after` on. Rows
 * that somebody is changing are passed over; the others are locked until they are written, so nothing is overwritten.
 */
export const resealBatch = async (
  tx: Tx,
  keyring: Keyring,
  column: SealedColumn,
  oldIds: readonly number[],
  after: Row | null,
): Promise<Batch> => {
  const { table, key, also } = column;
  const rows = await tx<Row[]>`
    select ${commaList(tx, [...new Set([...key, ...also])])}
    from ${tx(table)}
    where ${headerColumn(tx, column)} = any (${oldIds.map(headerOf)}::text[])
      ${after === null ? tx`` : tx`and (${commaList(tx, key)}) > (${valuesOf(tx, key, after)})`}
    order by ${commaList(tx, key)}
    limit ${BATCH}
    for update skip locked`;
  const failures: unknown[] = [];
  for (const row of rows) {
    // One by one: a value may have half a megabyte, and this process has little memory.
    const failure = await resealRow(tx, keyring, column, row);
    if (failure !== null) failures.push(failure);
  }
  const last = rows.length === BATCH ? (rows.at(-1) ?? null) : null;
  return { last, sealed: rows.length - failures.length, failures };
};

/** How many values each key seals; what is no sealed bytes counts for none. */
export const countByKey = async (tx: Tx, column: SealedColumn): Promise<Map<number, number>> => {
  const rows = await tx<{ header: string; count: number }[]>`
    select ${headerColumn(tx, column)} as header, count(*) as count
    from ${tx(column.table)}
    where ${tx(column.field)} is not null
    group by 1`;
  return new Map(rows.map(({ header, count }) => [Number.parseInt(header.slice(2), 16), count]));
};

/** Gives the error when the value does not open. */
const resealRow = async (tx: Tx, keyring: Keyring, column: SealedColumn, row: Row): Promise<unknown> => {
  const field = tx(column.field);
  const [found] = await tx<{ sealed: Uint8Array }[]>`
    select ${field} as sealed from ${tx(column.table)} where ${isRow(tx, column.key, row)}`;
  if (found === undefined) return null;
  const at = column.at(row);
  let sealed: Buffer;
  try {
    sealed = keyring.seal(at, keyring.open(at, found.sealed));
  } catch (err) {
    return err;
  }
  await tx`update ${tx(column.table)} set ${field} = ${sealed} where ${isRow(tx, column.key, row)}`;
  return null;
};

/** Format and key of a value in hexadecimal. Of a large value, only its beginning is read for it. */
const headerColumn = (tx: Tx, { field }: SealedColumn) =>
  tx`encode(substring(${tx(field)} from 1 for ${HEADER_BYTES}), 'hex')`;

const commaList = (tx: Tx, columns: readonly string[]) =>
  columns.map((column) => tx`${tx(column)}`).reduce((before, column) => tx`${before}, ${column}`);

const valuesOf = (tx: Tx, columns: readonly string[], row: Row) =>
  columns.map((column) => tx`${row[column] as string}`).reduce((before, value) => tx`${before}, ${value}`);

const isRow = (tx: Tx, key: readonly string[], row: Row) =>
  key
    .map((column) => tx`${tx(column)} = ${row[column] as string}`)
    .reduce((before, condition) => tx`${before} and ${condition}`);
