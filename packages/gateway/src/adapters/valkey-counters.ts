import { Redis } from "ioredis";
import { log } from "../log.ts";
import type { CountReport, SharedCounters } from "../ports.ts";

/** A local Valkey answers in under a millisecond; what takes longer is told again. */
const ANSWER_TIMEOUT_MS = 1_000;
const MAX_RETRY_MS = 1_000;

/**
 * One script in place of three commands for each key: they would keep our own event loop busy ten times as long, and a
 * connection that breaks among them could leave a key without its lifetime. A key that holds something else counts nothing.
 */
const EXCHANGE = `
local others = {}
for index, key in ipairs(KEYS) do
  local reporter, count, ttl = ARGV[3 * index - 2], ARGV[3 * index - 1], ARGV[3 * index]
  local is_told = false
  if tonumber(count) > 0 then
    is_told = type(redis.pcall("HSET", key, reporter, count)) == "number"
    if is_told then redis.call("PEXPIRE", key, ttl) end
  end
  local sum = is_told and -tonumber(count) or 0
  local counts = redis.pcall("HVALS", key)
  for _, other in ipairs(counts) do sum = sum + tonumber(other) end
  others[index] = sum
end
return others`;

/** Shared counters in Valkey, on a connection of their own: thousands of keys at once must not hold the registry up. */
export class ValkeyCounters implements SharedCounters {
  private readonly redis: Redis;

  /** `url` is `redis://…`, `rediss://…` or the path of a unix socket. Connecting goes on in the background for ever. */
  constructor(url: string) {
    this.redis = new Redis(url, {
      enableOfflineQueue: false, // while Valkey is away telling fails at once
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false, // who counts tells again by itself
      connectTimeout: ANSWER_TIMEOUT_MS,
      keepAlive: 10_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_MS),
    });
    // Without a listener an unreachable server would be an uncaught error. Who counts reports the outage.
    this.redis.on("error", (err: unknown) => log.debug({ err }, "valkey connection of the rate limits"));
  }

  /**
   * A hash for each key, reporter -> count, in place of a number that is added to: telling again after a lost answer counts
   * nothing twice, and a wiped Valkey knows all counts again once they were told again.
   */
  async exchange(reports: readonly CountReport[]): Promise<number[]> {
    if (reports.length === 0) return [];
    const keys = reports.map(({ key }) => key);
    const values = reports.flatMap(({ reporter, count, ttlMs }) => [reporter, count, ttlMs]);
    const others = await within(ANSWER_TIMEOUT_MS, this.redis.eval(EXCHANGE, keys.length, ...keys, ...values));
    if (!Array.isArray(others) || others.length !== keys.length) throw new Error("Valkey left counts out.");
    return others.map(Number);
  }

  close(): void {
    this.redis.disconnect();
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Valkey did not answer within ${timeoutMs} ms.`)), timeoutMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
