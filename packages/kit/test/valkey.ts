import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { stopProcess } from "../src/local/daemon.ts";
import { connectValkey } from "../src/valkey.ts";
import { startServer, testDir } from "./servers.ts";

/** A server of your own: its databases are flushed and used in turn. Channels are shared by all databases of a server. */
const REDIS = "HOMEPORT_TEST_REDIS_URL";
const DATABASES = 16;

/** Kept on the process, not in the module: bun may load a module anew for each test file. */
type Shared = { homeportTestValkeys?: number };
const shared = globalThis as Shared;

export type TestValkey = AsyncDisposable & {
  /** As REDIS_URL. */
  url: string;
  redis: Redis;
  /** Of a server of its own, for tests that stop it; null with HOMEPORT_TEST_REDIS_URL. */
  pid: number | null;
  flush(): Promise<void>;
  close(): Promise<void>;
};

/**
 * A Valkey of its own for a test file: an own server, because channels have no databases and it starts in no time.
 * Close it at the end; what is forgotten ends with the run.
 */
export async function testValkey(): Promise<TestValkey> {
  shared.homeportTestValkeys = (shared.homeportTestValkeys ?? -1) + 1;
  const number = shared.homeportTestValkeys;
  const given = process.env[REDIS];
  const dataDir = join(testDir(), `valkey-${number}`);
  const server = given
    ? { url: onDatabase(given, number % DATABASES), pid: null }
    : await startServer("valkey", dataDir);
  const redis = connectValkey(server.url);
  const flush = async () => void (await redis.flushdb());
  if (given) await flush();
  const close = async () => {
    redis.disconnect();
    if (server.pid === null) return;
    await stopProcess(server.pid, /^(redis|valkey)-server/, "SIGKILL", 5000);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...server, redis, flush, close, [Symbol.asyncDispose]: close };
}

function onDatabase(server: string, number: number): string {
  const url = new URL(server);
  url.pathname = `/${number}`;
  return url.href;
}
