import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ValkeyCounters } from "../src/adapters/valkey-counters.ts";
import { RateLimits } from "../src/policies/rate-limits.ts";
import type { CountReport, SharedCounters } from "../src/ports.ts";
import { until } from "./until.ts";
import { ValkeyServer } from "./valkey-server.ts";

/** The middle of a window, by a clock that stands still unless told otherwise. */
const START = 6_030_000;
const quota = { requests: 10, windowSeconds: 60 };

let dir: string;
let valkey: ValkeyServer;
let now: number;
let workers: { limits: RateLimits; counters: WatchedCounters }[];

/** Counts what Valkey did not answer. */
class WatchedCounters implements SharedCounters {
  failedCount = 0;
  private readonly counters = new ValkeyCounters(valkey.socketPath);

  exchange(reports: readonly CountReport[]): Promise<number[]> {
    return this.counters.exchange(reports).catch((err: unknown) => {
      this.failedCount++;
      throw err;
    });
  }

  close(): void {
    this.counters.close();
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-rate-limits-"));
  valkey = new ValkeyServer(dir);
  await valkey.start();
  now = START;
  workers = [];
});
afterEach(async () => {
  for (const { limits, counters } of workers) {
    limits.close();
    counters.close();
  }
  await valkey.kill();
  await rm(dir, { recursive: true, force: true });
});

/** The limits of one gateway process. */
function worker(options: { maxKeys?: number } = {}): RateLimits {
  const counters = new WatchedCounters();
  const limits = new RateLimits(counters, { ...options, syncMs: 20, retryMs: 20, now: () => now });
  workers.push({ limits, counters });
  return limits;
}

const takeMany = (limits: RateLimits, key: string, count: number): number =>
  Array.from({ length: count }, () => limits.take(key, quota)).filter(({ isAllowed }) => isAllowed).length;

const remaining = (limits: RateLimits, key: string): number => limits.peek(key, quota).remaining;
const keys = (): Promise<string[]> => valkey.redis.keys("*");

test("two workers share one limit", async () => {
  const [a, b] = [worker(), worker()];
  expect(takeMany(a, "ada", 6)).toBe(6);
  expect(takeMany(b, "ada", 1)).toBe(1);
  await until("both know of all", () => remaining(a, "ada") === 4 && remaining(b, "ada") === 3);
  expect(takeMany(b, "ada", 10)).toBe(3);
  expect(takeMany(a, "ada", 1)).toBe(1); // the overshoot: a has not heard of b's last three
  await until("both know of all", () => remaining(a, "ada") === 0);
  expect(takeMany(a, "ada", 10)).toBe(0);
  expect(takeMany(b, "bob", 20)).toBe(10);
});

test("what was used up in the window before is known to a worker that had no part in it", async () => {
  const [a, b] = [worker(), worker()];
  expect(takeMany(a, "ada", 10)).toBe(10);
  await until("it was told", async () => (await keys()).length === 1);
  now += 36_000; // 6 s into the next window: nine of the ten still count
  expect(takeMany(b, "ada", 1)).toBe(1);
  await until("the other worker knows", () => remaining(b, "ada") === 0);
  expect(takeMany(b, "ada", 10)).toBe(0);
});

test("when Valkey is killed each worker goes on with what it knew, and together again when it is back", async () => {
  const [a, b] = [worker(), worker()];
  expect(takeMany(a, "ada", 6)).toBe(6);
  expect(takeMany(b, "ada", 1)).toBe(1);
  await until("both know of all", () => remaining(b, "ada") === 3);

  await valkey.kill();
  expect(takeMany(b, "ada", 20)).toBe(3);
  expect(takeMany(b, "ada", 20)).toBe(0);
  expect(takeMany(a, "bob", 20)).toBe(10);
  expect(takeMany(a, "cat", 4)).toBe(4);

  await valkey.start(); // and knows nothing any more
  await until("all three counts of the outage were told", async () => (await keys()).length === 3);
  expect(takeMany(b, "cat", 1)).toBe(1);
  await until("the other worker heard of them", () => remaining(b, "cat") === 5);
  expect(takeMany(b, "ada", 20)).toBe(0);
});

test("a Valkey that hangs holds nobody up, and nothing is counted twice when it goes on", async () => {
  const a = worker();
  takeMany(a, "ada", 1);
  await until("it was told", async () => (await keys()).length === 1);
  const pid = Number(/process_id:(\d+)/.exec(await valkey.redis.info("server"))?.[1]);
  process.kill(pid, "SIGSTOP");
  try {
    const startedAt = performance.now();
    expect(takeMany(a, "ada", 3)).toBe(3);
    expect(performance.now() - startedAt).toBeLessThan(500); // Valkey is given up after a second
    await until("telling was given up and tried again", () => workers[0]?.counters.failedCount === 2);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  const b = worker();
  expect(takeMany(b, "ada", 1)).toBe(1);
  await until("the other worker hears of four", () => remaining(b, "ada") === 5);
  await until("the first worker hears of one", () => takeMany(a, "ada", 1) === 1 && remaining(a, "ada") < 5);
});

test("a key that was forgotten comes back with its count", async () => {
  const a = worker({ maxKeys: 10 });
  expect(takeMany(a, "ada", 9)).toBe(9);
  await until("it was told", async () => (await keys()).length === 1);
  for (let index = 0; index < 20; index++) a.take(`flood ${index}`, quota);
  expect(a.has("ada", quota)).toBe(false);
  await until("the flood is over", async () => (await keys()).length > 1);
  expect(takeMany(a, "ada", 1)).toBe(1);
  await until("the old count was heard", () => remaining(a, "ada") === 0);
  expect(takeMany(a, "ada", 10)).toBe(0);
});

test("every key in Valkey ends by itself and shows nobody's address", async () => {
  const a = worker();
  takeMany(a, "shop.example 192.0.2.1", 2);
  takeMany(a, "shop.example 192.0.2.2", 2);
  await until("they were told", async () => (await keys()).length === 2);
  for (const key of await keys()) {
    expect(key).toMatch(/^hp:rate:[\w-]{22}:\d+$/);
    const ttlMs = await valkey.redis.pttl(key);
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(130_000);
  }
});

test("something else under one key disturbs no other", async () => {
  const a = worker();
  takeMany(a, "ada", 1);
  await until("it was told", async () => (await keys()).length === 1);
  const [key = ""] = await keys();
  await valkey.redis.set(key, "not a hash");
  expect(takeMany(a, "ada", 5)).toBe(5);
  takeMany(a, "bob", 2);
  await until("the other key was told", async () => (await keys()).length === 2);
  expect(takeMany(a, "ada", 3)).toBe(3);
  expect(workers[0]?.counters.failedCount).toBe(0);
  await valkey.redis.del(key);
  takeMany(a, "ada", 1);
  await until("all of it was told", async () => (await valkey.redis.hvals(key)).join() === "10");
});
