/** A list longer than this many pages of 100 is cut: nobody reads it, and one that never ends is not followed for ever. */
const MAX_PAGES = 100;

type Page<T> = { items: T[]; nextCursor: string | null };

/** All items of a paged list, or its first `limit`. */
export const everyItem = async <T>(
  readPage: (at: { cursor?: string; limit: number }) => Promise<Page<T>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> => {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MAX_PAGES && items.length < limit; pages += 1) {
    const page: Page<T> = await readPage({
      ...(cursor === null ? {} : { cursor }),
      limit: Math.min(100, limit - items.length),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return items;
};
