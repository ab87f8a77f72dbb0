import { randomBytes } from "node:crypto";
import type { SharedCounters } from "../ports.ts";
import { CountTeller } from "./count-teller.ts";
import { type Quota, SlidingWindow, type Verdict } from "./sliding-window.ts";

/** Keys remembered; each takes about half a KiB. */
const MAX_KEYS = 20_000;

export type RateLimitsOptions = { now?: () => number; maxKeys?: number; syncMs?: number; retryMs?: number };

/** One key. `reporter` names this object among all that ever count the key, so that its count can be told again and again. */
export type Counter = { readonly key: string; readonly reporter: string; readonly window: SlidingWindow };

/**
 * Rate limits of all gateways together, without waiting for anybody: each counts for itself, and every 200 ms, while there
 * is something to tell, tells the others what it let through and hears what they did.
 *
 * How far a limit can be overshot: a gateway hears of the others within 200 ms and one round trip of letting something
 * through, and until then goes by what it last heard. So it is by what the others let through in such a moment. With N
 * gateways no fixed window ever sees more than N times the limit, and that only when all of it comes at once over all of
 * them; what was too much is paid back by the sliding window. Without Valkey each gateway goes on with what it last heard
 * plus what it counts itself, so N times the limit is the bound of an outage too.
 *
 * Keys are kept in two generations: the older one is dropped when the younger is full. A key that was dropped and comes back
 * hears its own old count like that of another gateway.
 */
export class RateLimits {
  private readonly now: () => number;
  private readonly generationSize: number;
  private readonly teller: CountTeller | null;
  private readonly instance = randomBytes(6).toString("base64url");
  private created = 0;
  private young = new Map<string, Counter>();
  private old = new Map<string, Counter>();

  /** `shared`: null for a gateway that is alone. */
  constructor(shared: SharedCounters | null, options: RateLimitsOptions = {}) {
    this.now = options.now ?? Date.now;
    this.generationSize = Math.max(1, Math.floor((options.maxKeys ?? MAX_KEYS) / 2));
    this.teller = shared === null ? null : new CountTeller(shared, this.generationSize, { ...options, now: this.now });
  }

  /** Judges one request and counts it when it is allowed. */
  take(key: string, quota: Quota): Verdict {
    const counter = this.counterOf(key, quota);
    const verdict = this.takeFrom(counter, quota);
    if (verdict.isAllowed) this.teller?.add(counter);
    return verdict;
  }

  /** The same for a limit that only this gateway knows. */
  takeLocally(key: string, quota: Quota): Verdict {
    return this.takeFrom(this.counterOf(key, quota), quota);
  }

  /** Judges without counting: for limits on what turns out later, like failures. */
  peek(key: string, quota: Quota): Verdict {
    const now = this.now();
    const window = this.find(fullKey(key, quota))?.window ?? new SlidingWindow(quota.windowSeconds * 1_000, now);
    window.roll(now);
    return window.judge(quota.requests, now);
  }

  /** Counts without judging. */
  count(key: string, quota: Quota): void {
    const counter = this.counterOf(key, quota);
    counter.window.current.own++;
    this.teller?.add(counter);
  }

  /** Whether this gateway remembers the key. */
  has(key: string, quota: Quota): boolean {
    return this.find(fullKey(key, quota)) !== undefined;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Ends the telling. Limits go on locally. */
  close(): void {
    this.teller?.close();
  }

  private takeFrom({ window }: Counter, { requests }: Quota): Verdict {
    const verdict = window.judge(requests, this.now());
    if (!verdict.isAllowed) return verdict;
    window.current.own++;
    return { ...verdict, remaining: verdict.remaining - 1 };
  }

  private counterOf(key: string, quota: Quota): Counter {
    const now = this.now();
    const full = fullKey(key, quota);
    const known = this.find(full);
    if (known !== undefined) {
      known.window.roll(now);
      return known;
    }
    const reporter = `${this.instance}.${this.created++}`;
    const counter = { key: full, reporter, window: new SlidingWindow(quota.windowSeconds * 1_000, now) };
    this.keep(counter);
    return counter;
  }

  private find(full: string): Counter | undefined {
    const young = this.young.get(full);
    if (young !== undefined) return young;
    const old = this.old.get(full);
    if (old !== undefined) {
      this.old.delete(full);
      this.keep(old);
    }
    return old;
  }

  private keep(counter: Counter): void {
    if (this.young.size >= this.generationSize) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(counter.key, counter);
  }
}

/** The length of the window is part of it: windows of another length have other numbers. */
const fullKey = (key: string, { windowSeconds }: Quota): string => `${windowSeconds} ${key}`;
