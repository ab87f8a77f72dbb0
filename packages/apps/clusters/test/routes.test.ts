import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import {
  CHANGED_CHANNEL,
  gatewayKey,
  trafficIndexKey,
  trafficKey,
  WORKLOADS_KEY,
  WORKLOADS_META_FIELD,
} from "@homeport/kit/registry/keys.ts";
import { type TestValkey, testValkey } from "@homeport/kit/test/valkey.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { connectValkey } from "@homeport/kit/valkey.ts";
import { createGateways } from "../src/adapters/gateways.ts";
import { createRoutePublisher, replaceRoutes } from "../src/adapters/route-publisher.ts";
import { routeSource } from "../src/service/route-source.ts";
import { readRevision, readRoutes } from "../src/store/routes.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
let valkey: TestValkey;
beforeAll(async () => {
  [world, valkey] = await Promise.all([createWorld(), testValkey()]);
});
afterEach(() => valkey.flush());
afterAll(async () => {
  await world.database.drop();
  await valkey.close();
});

const published = async () => {
  const { [WORKLOADS_META_FIELD]: meta, ...routes } = await valkey.redis.hgetall(WORKLOADS_KEY);
  return { meta: meta === undefined ? null : JSON.parse(meta), routes };
};
const gateway = (instance: string, revision: number) =>
  valkey.redis.set(
    gatewayKey(instance),
    JSON.stringify({ schema: 1, instance, revision, appliedAt: new Date().toISOString() }),
  );

test("what is published is whole: every workload, the revision and the count", async () => {
  const [a, b] = [newId(), newId()];
  const replica = await world.deploy(putOf(a, 1));
  await world.put(putOf(b, 1, { hosts: ["web-shop.localhost"] }));
  await createRoutePublisher(valkey.redis, routeSource(world.sql)).publish();
  const { meta, routes } = await published();
  expect(meta).toEqual({ revision: await readRevision(world.sql), count: Object.keys(routes).length });
  expect(JSON.parse(routes[a] ?? "")).toEqual({
    schema: 1,
    workloadId: a,
    hosts: ["api-shop.localhost"],
    targets: [{ replicaId: replica, host: "127.0.0.1", port: expect.any(Number), state: "ready" }],
  });
  expect(JSON.parse(routes[b] ?? "")).toMatchObject({ hosts: ["web-shop.localhost"], targets: [] });
});

test("an older table never replaces a newer one", async () => {
  await world.put(putOf(newId(), 1));
  const old = await readRoutes(world.sql);
  await world.put(putOf(newId(), 1));
  const fresh = await readRoutes(world.sql);
  expect(await replaceRoutes(valkey.redis, fresh)).toBeNull();
  expect(await replaceRoutes(valkey.redis, old)).toBe(fresh.revision);
  expect((await published()).meta).toEqual({ revision: fresh.revision, count: fresh.routes.length });
});

test("a database restored from before what is published goes past it", async () => {
  await replaceRoutes(valkey.redis, { revision: 10_000, routes: [] });
  await createRoutePublisher(valkey.redis, routeSource(world.sql)).publish();
  const { meta, routes } = await published();
  expect(meta.revision).toBe(10_001);
  expect(Object.keys(routes)).toHaveLength(meta.count);
  expect(await readRevision(world.sql)).toBe(10_001);
});

test("nothing is published while the database cannot be read", async () => {
  const publisher = createRoutePublisher(valkey.redis, {
    ...routeSource(world.sql),
    read: () => Promise.reject(new Error("the database is away")),
  });
  await expect(publisher.publish()).rejects.toThrow("away");
  expect(await published()).toEqual({ meta: null, routes: {} });
});

test("running, it publishes changes, tells gateways, and repairs a Valkey that was wiped or damaged", async () => {
  const stop = new AbortController();
  const subscriber = connectValkey(valkey.url);
  const heard: number[] = [];
  await subscriber.subscribe(CHANGED_CHANNEL);
  subscriber.on("message", (_channel, message) => heard.push(JSON.parse(message).revision));
  const running = createRoutePublisher(valkey.redis, routeSource(world.sql)).run(
    world.deps.signals.routes,
    stop.signal,
  );
  try {
    const id = newId();
    await world.deploy(putOf(id, 1));
    const revision = await readRevision(world.sql);
    await waitFor(async () => (await published()).meta?.revision === revision);
    await waitFor(() => heard.includes(revision));
    await valkey.redis.flushall();
    await waitFor(async () => (await published()).routes[id] !== undefined);
    await valkey.redis.hdel(WORKLOADS_KEY, id);
    await waitFor(async () => (await published()).routes[id] !== undefined);
    await valkey.redis.hset(WORKLOADS_KEY, WORKLOADS_META_FIELD, "nonsense");
    await waitFor(async () => (await published()).meta?.revision === revision);
  } finally {
    stop.abort();
    await running;
    subscriber.disconnect();
  }
});

test("a gateway ahead of the database makes the database go past it", async () => {
  const ahead = (await readRevision(world.sql)) + 1_000;
  await gateway("g1", ahead);
  const stop = new AbortController();
  const running = createRoutePublisher(valkey.redis, routeSource(world.sql)).run(
    world.deps.signals.routes,
    stop.signal,
  );
  await waitFor(async () => (await published()).meta?.revision === ahead + 1);
  stop.abort();
  await running;
});

test("the slowest live gateway is the one that counts", async () => {
  const gateways = createGateways(valkey.redis);
  expect(await gateways.lowestRevision()).toBeNull();
  await gateway("g1", 7);
  await gateway("g2", 5);
  await valkey.redis.set(gatewayKey("broken"), "nonsense");
  expect(await gateways.lowestRevision()).toBe(5);
});

test("a wiped Valkey does not look like a platform without gateways, for as long as their lease", async () => {
  let now = 0;
  const gateways = createGateways(valkey.redis, () => now);
  await gateway("g1", 7);
  expect(await gateways.lowestRevision()).toBe(7);
  await valkey.redis.flushall();
  now = 15_000;
  expect(await gateways.lowestRevision()).toBe(7);
  now = 15_001;
  expect(await gateways.lowestRevision()).toBeNull();
});

test("while Valkey cannot be reached nothing counts as applied", async () => {
  const away = connectValkey("redis://127.0.0.1:1", { once: true });
  expect(await createGateways(away).lowestRevision()).toBe(0);
  expect(await createGateways(away).traffic(newId())).toBeNull();
  away.disconnect();
});

test("what gateways count is known as they tell it", async () => {
  const workloadId = newId();
  const gateways = createGateways(valkey.redis);
  expect(await gateways.traffic(workloadId)).toEqual({ gateways: [] });
  const targets = [{ replicaId: newId(), requests: 100, errors: 3, failed: 1 }];
  const told = { instance: "g1", startedAt: "2026-05-01T12:00:00Z", isStopped: false, unserved: 2, targets };
  await valkey.redis.zadd(trafficIndexKey(workloadId), Date.now(), "g1");
  await valkey.redis.set(trafficKey(workloadId, "g1"), JSON.stringify({ schema: 1, workloadId, ...told }));
  expect(await gateways.traffic(workloadId)).toEqual({ gateways: [told] });
});
