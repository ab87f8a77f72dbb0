import type { GatewayRecord } from "@homeport/kit/registry/record.ts";

/** One app key as found: its text, null when it is gone, or why it cannot be text (a list under that key, say). */
export type AppValue = { key: string; value: string | null | { reason: string }; ttlMs: number | null };

/**
 * What the gateway reads from the registry. Every method rejects when the registry does not answer in time; none waits for a
 * connection to come back. Reads may run at the same time.
 */
export interface RegistryReader {
  /** Every app key. @throws when there are more than `limit` keys. */
  readApps(limit: number): Promise<AppValue[]>;
  readWorkloadsMeta(): Promise<{ meta: string | null; fieldCount: number }>;
  readWorkloads(): Promise<Record<string, string>>;
}

/** What the gateway says of itself. Safe to repeat. */
export interface RegistryWriter {
  writeGateway(record: GatewayRecord): Promise<void>;
  removeGateway(instance: string): Promise<void>;
}

/** Tells of changes. Messages may be lost at any time, so a watcher also polls. */
export interface RegistryFeed {
  onMessage(listener: (message: string) => void): void;
  /** The feed is (again) connected: what was published before is lost. */
  onConnected(listener: () => void): void;
}
