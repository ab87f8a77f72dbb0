import { join } from "node:path";
import type { Redis } from "ioredis";
import { startLocalValkey } from "../src/local/valkey.ts";
import { connectValkey } from "../src/valkey.ts";
import { testDir } from "./servers.ts";

/** A server of your own: its databases are flushed and used in turn. Channels are shared by all databases of a server. */
const REDIS = "HOMEPORT_TEST_REDIS_URL";
const DATABASES = 16;

/** Kept on the process, not in the module: bun loads a module anew for each test file. */
type Shared = { homeportTestValkeys?: number };
const shared = globalThis as Shared;

export type TestValkey = AsyncDisposable & {
  /** As REDIS_URL. */
  url: string;
  redis: Redis;
  flush(): Promise<void>;
  close(): Promise<void>;
};

/**
 * A Valkey of its own for a test file: an own server, because channels have no databases and it starts in 40 ms.
 * Close it at the end; what is forgotten ends with the run.
 */
export async function testValkey(): Promise<TestValkey> {
  const number = (shared.homeportTestValkeys = (shared.homeportTestValkeys ?? -1) + 1);
  const given = process.env[REDIS];
  const server = given
    ? { url: onDatabase(given, number % DATABASES), stop: async () => undefined }
    : await startLocalValkey({ dataDir: join(testDir(), `valkey-${number}`) });
  const redis = connectValkey(server.url);
  const flush = async () => void (await redis.flushdb());
  if (given) await flush();
  const close = async () => {
    redis.disconnect();
    await server.stop();
  };
  return { url: server.url, redis, flush, close, [Symbol.asyncDispose]: close };
}

function onDatabase(server: string, number: number): string {
  const url = new URL(server);
  url.pathname = `/${number}`;
  return url.href;
}
