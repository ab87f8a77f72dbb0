import { Redis } from "ioredis";
import { createLogger } from "./log.ts";

const log = createLogger("valkey");

/** Longest pause between tries to reach a server that is away; short, because routes and leases hang on it. */
const MAX_RETRY_MS = 1000;

export type ValkeyOptions = {
  /** One try that fails for good, for asking whether a server is there. */
  once?: boolean;
};

/**
 * Connects to Valkey by `redis://`, `rediss://`, `unix:///path` or the bare path of a socket. A command waits at most
 * 5 s for its answer; while the server is away commands fail after three tries instead of queueing up for ever.
 */
export function connectValkey(urlOrSocket: string, { once = false }: ValkeyOptions = {}): Redis {
  const path = urlOrSocket.replace(/^unix:(\/\/)?/, "");
  const settings = {
    lazyConnect: once,
    connectTimeout: 5000,
    commandTimeout: 5000,
    maxRetriesPerRequest: 3,
    retryStrategy: (attempt: number) => (once ? null : Math.min(attempt * 50, MAX_RETRY_MS)),
  };
  const redis = path.startsWith("/") ? new Redis({ ...settings, path }) : new Redis(urlOrSocket, settings);
  redis.setMaxListeners(0); // every app of a process beats on the same connection
  // Without a listener ioredis prints each failed try; one line per outage is enough.
  let away = false;
  redis.on("error", (err) => {
    if (!away && !once) log.warn({ err }, "Valkey cannot be reached");
    away = true;
  });
  redis.on("ready", () => {
    away = false;
  });
  return redis;
}

export type { Redis };
