const DAY_MS = 24 * 60 * 60 * 1000;

/** Whole days until then; null when it has passed. */
export const daysUntil = (at: string, now: Date): number | null => {
  const leftMs = Date.parse(at) - now.getTime();
  return leftMs <= 0 ? null : Math.floor(leftMs / DAY_MS);
};
