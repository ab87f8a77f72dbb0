import { type AppRecord, LEASE_MS } from "@homeport/kit/registry/record.ts";

/** A record as it was read, with what is left of its lifetime in Valkey; null when the key has none. */
export type SeenApp = { key: string; record: AppRecord; ttlMs: number | null };

/** `isRestored`: known from disk only; this process has not yet seen its record in Valkey. */
type Lease = { record: AppRecord; seenAt: number; isRestored: boolean };
type Departed = { renewedAt: string | null; at: number };

/** A longer pause between two reads means that this process or the machine stood still: nobody's lease ran meanwhile. */
const STANDSTILL_MS = LEASE_MS / 2;

/**
 * Which app instances are alive, by this process's own monotonic clock (`now`, milliseconds), never by wall clocks.
 * An instance lives until LEASE_MS after its `renewedAt` last changed, or until it says that it leaves. A key that vanishes
 * (FLUSHALL) proves nothing, and time in which Valkey could not be read does not count.
 */
export class AppLeases {
  private readonly leases = new Map<string, Lease>();
  /** Who left or expired must not come back by a read that was already under way or by a key without lifetime. */
  private readonly departed = new Map<string, Departed>();
  private interrupted = true;
  private observedAt = 0;

  constructor(private readonly now: () => number) {}

  /** Instances of the last good table on disk; their lease starts with the first successful read. */
  restore(entries: readonly { key: string; record: AppRecord }[]): void {
    for (const { key, record } of entries) this.leases.set(key, { record, seenAt: this.now(), isRestored: true });
  }

  /** The result of a whole, successful read. */
  observe(seen: readonly SeenApp[]): void {
    const now = this.now();
    if (this.interrupted || now - this.observedAt > STANDSTILL_MS) {
      for (const lease of this.leases.values()) lease.seenAt = now;
    }
    this.interrupted = false;
    this.observedAt = now;
    for (const entry of seen) this.renew(entry, now);
    for (const [key, lease] of this.leases) {
      if (now - lease.seenAt < LEASE_MS) continue;
      this.leases.delete(key);
      this.departed.set(key, { renewedAt: lease.record.renewedAt, at: now });
    }
    const present = new Set(seen.map((entry) => entry.key));
    for (const [key, { at }] of this.departed) {
      if (now - at > LEASE_MS && !present.has(key)) this.departed.delete(key);
    }
  }

  /** Valkey could not be read. */
  interrupt(): void {
    this.interrupted = true;
  }

  /** The instance said goodbye. Returns whether it was known. */
  leave(key: string): boolean {
    this.departed.set(key, { renewedAt: null, at: this.now() });
    return this.leases.delete(key);
  }

  /**
   * Ordered by key, so that equal sets make equal tables. A restored instance gives way once another one of its app is there
   * and ready: after a restart of the whole platform it is a dead one of the last run.
   */
  live(): { key: string; record: AppRecord }[] {
    const leases = [...this.leases];
    const present = leases.filter(([, { record, isRestored }]) => !isRestored && record.state === "ready");
    const ids = new Set(present.map(([, { record }]) => record.id));
    return leases
      .filter(([, { record, isRestored }]) => !isRestored || !ids.has(record.id))
      .map(([key, { record }]) => ({ key, record }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Instances known from disk only, by instance id. */
  restored(): ReadonlySet<string> {
    const restored = [...this.leases.values()].filter(({ isRestored }) => isRestored);
    return new Set(restored.map(({ record }) => record.instance));
  }

  /** How long until the next lease can run out; null when none can. */
  untilExpiryMs(): number | null {
    if (this.interrupted || this.leases.size === 0) return null;
    const oldest = Math.min(...[...this.leases.values()].map((lease) => lease.seenAt));
    return Math.max(0, oldest + LEASE_MS - this.now());
  }

  private renew({ key, record, ttlMs }: SeenApp, now: number): void {
    const departed = this.departed.get(key);
    if (departed !== undefined && (departed.renewedAt === null || departed.renewedAt === record.renewedAt)) return;
    const known = this.leases.get(key);
    if (known !== undefined && known.record.renewedAt === record.renewedAt) {
      known.record = record;
      known.isRestored = false;
      return;
    }
    // The beat happened before we saw it; the key's remaining lifetime says how long before.
    const ageMs = ttlMs === null ? 0 : Math.min(Math.max(0, LEASE_MS - ttlMs), LEASE_MS);
    this.leases.set(key, { record, seenAt: now - ageMs, isRestored: false });
  }
}
