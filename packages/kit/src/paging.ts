/** A page of a list; `nextCursor` is null on the last one. */
export type Paged<T> = { items: T[]; nextCursor: string | null };

/** Cuts a list that was asked for with one row too many into a page. */
export const cutPage = <T>(rows: readonly T[], limit: number, cursorOf: (row: T) => string): Paged<T> => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
};
