import { log } from "../log.ts";
import type { CountReport, SharedCounters } from "../ports.ts";
import { rateCounterKey, rateCounterTtlMs } from "./rate-counter-key.ts";
import type { Counter } from "./rate-limits.ts";
import type { WindowCount } from "./sliding-window.ts";

/** How long the other gateways may not know what this one let through. */
const SYNC_MS = 200;
/** Pause before the next try after one that failed. */
const RETRY_MS = 1_000;
/** After this long in a new window every gateway has told what it counted in the one before. */
const SETTLE_MS = 1_000;
/** Keys in one round trip; more follow at once. Bounds how long one keeps Valkey and us busy: 1 to 2 ms. */
const KEYS_PER_ROUND = 200;

export type TellerOptions = { now: () => number; syncMs?: number; retryMs?: number };

/** Tells the other gateways what was counted here and writes down what they counted. Rests while nothing is counted. */
export class CountTeller {
  private readonly untold = new Set<Counter>();
  private readonly syncMs: number;
  private readonly retryMs: number;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isTelling = false;
  private isAway = false;
  private isClosed = false;

  /** Counts of more than `maxUntold` keys at once are not told. */
  constructor(
    private readonly shared: SharedCounters,
    private readonly maxUntold: number,
    private readonly options: TellerOptions,
  ) {
    this.syncMs = options.syncMs ?? SYNC_MS;
    this.retryMs = options.retryMs ?? RETRY_MS;
  }

  /** What this counter counted is to be told. */
  add(counter: Counter): void {
    if (this.isClosed) return;
    if (this.untold.size < this.maxUntold) this.untold.add(counter);
    this.schedule();
  }

  close(): void {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.untold.clear();
  }

  private schedule(): void {
    if (this.timer !== null || this.isTelling || this.isClosed || this.untold.size === 0) return;
    const delayMs = this.untold.size >= KEYS_PER_ROUND ? 0 : this.syncMs;
    this.timer = setTimeout(() => void this.tell(), this.isAway ? this.retryMs : delayMs);
    this.timer.unref(); // counting keeps no process alive
  }

  /** Never rejects. */
  private async tell(): Promise<void> {
    this.timer = null;
    this.isTelling = true;
    const counters = this.takeUntold();
    const now = this.options.now();
    const told = counters.flatMap((counter) => reportsOf(counter, now));
    try {
      const others = await this.shared.exchange(told.map(({ report }) => report));
      // A wiped Valkey knows less than it told before: nobody gets a second quota from that.
      for (const [index, { count, isLast }] of told.entries()) {
        count.others = Math.max(count.others, others[index] ?? 0);
        count.isSettled = isLast;
      }
      if (this.isAway) log.info("rate limits are shared again");
      this.isAway = false;
    } catch (err) {
      if (!this.isAway && !this.isClosed) log.warn({ err }, "each gateway counts rate limits for itself");
      this.isAway = true;
      for (const counter of counters) this.add(counter);
    }
    this.isTelling = false;
    this.schedule();
  }

  private takeUntold(): Counter[] {
    const counters: Counter[] = [];
    for (const counter of this.untold) {
      if (counters.length >= KEYS_PER_ROUND) break;
      this.untold.delete(counter);
      counters.push(counter);
    }
    return counters;
  }
}

type Told = { count: WindowCount; isLast: boolean; report: CountReport };

/** The window before is told and heard of until everybody had time to tell. */
function reportsOf({ key, reporter, window }: Counter, now: number): Told[] {
  window.roll(now);
  const { previous, current, windowMs } = window;
  const told = (count: WindowCount, isLast: boolean): Told => ({
    count,
    isLast,
    report: { key: rateCounterKey(key, count.index), reporter, count: count.own, ttlMs: rateCounterTtlMs(windowMs) },
  });
  if (previous.isSettled) return [told(current, false)];
  return [told(previous, window.elapsedMs(now) >= SETTLE_MS), told(current, false)];
}
