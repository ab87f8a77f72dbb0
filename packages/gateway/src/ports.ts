import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import type { GatewayRecord } from "@homeport/kit/registry/record.ts";
import type { TrafficRecord } from "@homeport/kit/registry/traffic-record.ts";

/** One app key as found: its text, null when it is gone, or why it cannot be text (a list under that key, say). */
export type AppValue = { key: string; value: string | null | { reason: string }; ttlMs: number | null };

/** What apps publish whole, with a `_meta` field. */
export type HashName = "workloads" | "policies";

/**
 * What the gateway reads from the registry. Every method rejects when the registry does not answer in time; none waits for a
 * connection to come back. Reads may run at the same time.
 */
export interface RegistryReader {
  /** Every app key. @throws when there are more than `limit` keys. */
  readApps(limit: number): Promise<AppValue[]>;
  readMeta(hash: HashName): Promise<{ meta: string | null; fieldCount: number }>;
  readHash(hash: HashName): Promise<Record<string, string>>;
}

/** What the gateway says of itself. Safe to repeat. */
export interface RegistryWriter {
  writeGateway(record: GatewayRecord): Promise<void>;
  writeStatus(status: GatewayStatus): Promise<void>;
  removeGateway(instance: string): Promise<void>;
}

/** Where rollouts read what became of their requests. */
export interface TrafficRegistry {
  /** Each takes the place of what this gateway had written of the workload, for `lifetimeMs`. Safe to repeat. */
  writeTraffic(records: readonly TrafficRecord[], lifetimeMs: number): Promise<void>;
}

/** Tells of changes. Messages may be lost at any time, so a watcher also polls. */
export interface RegistryFeed {
  onMessage(listener: (message: string) => void): void;
  /** The feed is (again) connected: what was published before is lost. */
  onConnected(listener: () => void): void;
}

/** What one reporter has counted under a key so far; 0 only asks. */
export type CountReport = { key: string; reporter: string; count: number; ttlMs: number };

/** Counts that all gateways share. */
export interface SharedCounters {
  /**
   * Tells each count, which takes the place of what its reporter told before, and resolves with what all other reporters
   * have told under the same keys, in the same order. A key lives for `ttlMs` from the last count on. Rejects within two
   * seconds when it is not answered. Safe to repeat; one call at a time.
   */
  exchange(reports: readonly CountReport[]): Promise<number[]>;
}
