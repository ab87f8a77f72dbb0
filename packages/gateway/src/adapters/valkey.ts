import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import {
  APP_KEYS,
  CHANGED_CHANNEL,
  GATEWAY_LEASE_MS,
  gatewayKey,
  gatewayStatusKey,
  POLICIES_KEY,
  POLICIES_META_FIELD,
  TRAFFIC_KEPT_MS,
  trafficIndexKey,
  trafficKey,
  WORKLOADS_KEY,
  WORKLOADS_META_FIELD,
} from "@homeport/kit/registry/keys.ts";
import type { GatewayRecord } from "@homeport/kit/registry/record.ts";
import { MAX_TRAFFIC_GATEWAYS, type TrafficRecord } from "@homeport/kit/registry/traffic-record.ts";
import { Redis } from "ioredis";
import { log } from "../log.ts";
import type { AppValue, HashName, RegistryFeed, RegistryReader, RegistryWriter, TrafficRegistry } from "../ports.ts";

/** A local Valkey answers in under a millisecond; a stopped one must not hold a read back for long. */
const COMMAND_TIMEOUT_MS = 3_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Reconnects at least this often: routes must be back within a beat of Valkey's return. */
const MAX_RETRY_MS = 1_000;
const SCAN_COUNT = 1_000;
const READ_BATCH = 200;
const WRITE_BATCH = 100;

const HASHES: Record<HashName, { key: string; metaField: string }> = {
  workloads: { key: WORKLOADS_KEY, metaField: WORKLOADS_META_FIELD },
  policies: { key: POLICIES_KEY, metaField: POLICIES_META_FIELD },
};

/** The registry in Valkey: one connection for commands, one for the channel (a subscriber can't send commands). */
export class Valkey implements RegistryReader, RegistryWriter, RegistryFeed, TrafficRegistry {
  private readonly commands: Redis;
  private readonly subscriber: Redis;

  /** `url` is `redis://…`, `rediss://…` or the path of a unix socket. Connecting goes on in the background for ever. */
  constructor(url: string) {
    this.commands = connect(url);
    this.subscriber = connect(url);
    // Subscribed by hand on every connection: ioredis repeats only what once succeeded, and the first try may time out.
    this.subscriber.on("ready", () => {
      this.subscriber.subscribe(CHANGED_CHANNEL).catch((err: unknown) => log.warn({ err }, "cannot subscribe"));
    });
  }

  /** Resolves with whether the first connection stands within the time. */
  async isConnected(timeoutMs: number): Promise<boolean> {
    if (this.commands.status === "ready") return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.commands.once("ready", () => resolve(true));
    // Nobody listens there: ioredis goes on trying, but the caller need not wait for it.
    this.commands.once("close", () => resolve(false));
    return promise.finally(() => clearTimeout(timer));
  }

  async readApps(limit: number): Promise<AppValue[]> {
    const keys = await this.scanAppKeys(limit);
    const values: AppValue[] = [];
    for (let start = 0; start < keys.length; start += READ_BATCH) {
      const batch = keys.slice(start, start + READ_BATCH);
      const pipeline = this.commands.pipeline();
      for (const key of batch) pipeline.get(key).pttl(key);
      const replies = (await pipeline.exec()) ?? [];
      for (const [index, key] of batch.entries()) {
        values.push({ key, value: textOf(replies[2 * index]), ttlMs: lifetimeOf(replies[2 * index + 1]) });
      }
    }
    return values;
  }

  async readMeta(hash: HashName): Promise<{ meta: string | null; fieldCount: number }> {
    try {
      const [meta, fieldCount] = await Promise.all([
        this.commands.hget(HASHES[hash].key, HASHES[hash].metaField),
        this.commands.hlen(HASHES[hash].key),
      ]);
      return { meta, fieldCount };
    } catch (err) {
      if (isWrongType(err)) return { meta: null, fieldCount: 0 };
      throw err;
    }
  }

  readHash(hash: HashName): Promise<Record<string, string>> {
    return this.commands.hgetall(HASHES[hash].key);
  }

  async writeGateway(record: GatewayRecord): Promise<void> {
    await this.commands.set(gatewayKey(record.instance), JSON.stringify(record), "PX", GATEWAY_LEASE_MS);
  }

  async writeStatus(status: GatewayStatus): Promise<void> {
    await this.commands.set(gatewayStatusKey(status.instance), JSON.stringify(status), "PX", GATEWAY_LEASE_MS);
  }

  async removeGateway(instance: string): Promise<void> {
    await this.commands.del(gatewayKey(instance), gatewayStatusKey(instance));
  }

  async writeTraffic(records: readonly TrafficRecord[], lifetimeMs: number): Promise<void> {
    for (let start = 0; start < records.length; start += WRITE_BATCH) {
      const pipeline = this.commands.pipeline();
      for (const record of records.slice(start, start + WRITE_BATCH)) {
        const index = trafficIndexKey(record.workloadId);
        pipeline
          .zadd(index, Date.now(), record.instance)
          .zremrangebyrank(index, 0, -1 - MAX_TRAFFIC_GATEWAYS)
          .pexpire(index, TRAFFIC_KEPT_MS)
          .set(trafficKey(record.workloadId, record.instance), JSON.stringify(record), "PX", lifetimeMs);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    }
  }

  onMessage(listener: (message: string) => void): void {
    this.subscriber.on("message", (channel: string, message: string) => {
      if (channel === CHANGED_CHANNEL) listener(message);
    });
  }

  onConnected(listener: () => void): void {
    this.subscriber.on("ready", listener);
    this.commands.on("ready", listener);
  }

  close(): void {
    this.subscriber.disconnect();
    this.commands.disconnect();
  }

  private async scanAppKeys(limit: number): Promise<string[]> {
    const keys = new Set<string>();
    let cursor = "0";
    do {
      const [next, page] = await this.commands.scan(cursor, "MATCH", APP_KEYS, "COUNT", SCAN_COUNT);
      for (const key of page) keys.add(key);
      if (keys.size > limit) throw new Error(`More than ${limit} app keys.`);
      cursor = next;
    } while (cursor !== "0");
    return [...keys];
  }
}

function connect(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false, // a read while Valkey is away fails at once
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_MS),
  });
  // Without a listener an unreachable server would be an uncaught error. Each lost read is reported by the watcher.
  redis.on("error", (err: unknown) => log.debug({ err }, "valkey connection"));
  return redis;
}

type Reply = [error: Error | null, result: unknown] | undefined;

function textOf(reply: Reply): AppValue["value"] {
  const [error, result] = reply ?? [null, null];
  // Only the server's own answer about this key may be taken as "this record is broken"; everything else failed the read.
  if (error !== null && !isWrongType(error)) throw error;
  if (error !== null) return { reason: "not a string" };
  return typeof result === "string" ? result : null;
}

/** Somebody put another kind of value under the key: the server is fine, the record is not. */
function isWrongType(err: unknown): boolean {
  return err instanceof Error && err.message.startsWith("WRONGTYPE");
}

function lifetimeOf(reply: Reply): number | null {
  const result = reply?.[1];
  return typeof result === "number" && result >= 0 ? result : null;
}
