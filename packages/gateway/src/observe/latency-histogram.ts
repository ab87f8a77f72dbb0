/** Upper bounds of the buckets in milliseconds, each included (`le`); what is longer has a bucket of its own. */
export const BOUNDS_MS = [
  0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 3_000, 5_000, 10_000,
  30_000, 60_000,
] as const;

/** Percentiles are of the last one to two of these. */
const WINDOW_MS = 30_000;

/** Counts durations in fixed buckets: since the start, and lately. */
export class LatencyHistogram {
  readonly counts = new Float64Array(BOUNDS_MS.length + 1);
  sumMs = 0;
  private recent = new Uint32Array(BOUNDS_MS.length + 1);
  private before = new Uint32Array(BOUNDS_MS.length + 1);
  private windowStart = 0;

  /** `now`: monotonic milliseconds. */
  add(durationMs: number, now: number): void {
    if (now - this.windowStart >= WINDOW_MS) this.turn(now);
    const bucket = bucketOf(durationMs);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.recent[bucket] = (this.recent[bucket] as number) + 1;
    this.sumMs += durationMs;
  }

  /** `share` from 0 to 1; the upper bound of the bucket that holds it, or null without any lately. */
  percentile(share: number, now: number): number | null {
    if (now - this.windowStart >= WINDOW_MS) this.turn(now);
    let total = 0;
    for (let index = 0; index < this.recent.length; index++) total += this.lately(index);
    if (total === 0) return null;
    let seen = 0;
    for (let index = 0; index < this.recent.length; index++) {
      seen += this.lately(index);
      if (seen >= share * total) return BOUNDS_MS[index] ?? (BOUNDS_MS.at(-1) as number);
    }
    return null;
  }

  private lately(index: number): number {
    return (this.recent[index] as number) + (this.before[index] as number);
  }

  private turn(now: number): void {
    const isStale = now - this.windowStart >= 2 * WINDOW_MS;
    [this.before, this.recent] = [this.recent, this.before];
    if (isStale) this.before.fill(0);
    this.recent.fill(0);
    this.windowStart = now;
  }
}

function bucketOf(durationMs: number): number {
  let low = 0;
  let high: number = BOUNDS_MS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (durationMs <= (BOUNDS_MS[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
