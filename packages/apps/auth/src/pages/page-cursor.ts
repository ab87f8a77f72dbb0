/** Rows of a list on one page. */
export const ROWS = 50;

const MAX_CURSOR = 254;

/** Where a list goes on, as its links carry it; empty at the beginning. */
export const cursorOf = ({ url }: { url: URL }): string => (url.searchParams.get("after") ?? "").slice(0, MAX_CURSOR);

export type PageLinks = { previousHref?: string; nextHref?: string };

/** Links to the first page, when this is another, and to the next one. */
export const pageLinks = (path: string, cursor: string, nextCursor: string | null): PageLinks => ({
  ...(cursor === "" ? {} : { previousHref: path }),
  ...(nextCursor === null ? {} : { nextHref: `${path}?after=${encodeURIComponent(nextCursor)}` }),
});
