import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appKey, CHANGED_CHANNEL, GATEWAY_KEYS, WORKLOADS_KEY } from "@homeport/kit/registry/keys.ts";
import { GatewayRecord } from "@homeport/kit/registry/record.ts";
import { tableFile } from "../src/config.ts";
import { admin, Fixture, get } from "./fixture.ts";
import { appRecord, beat, leave, target, workload, writeWorkloads } from "./records.ts";
import { until } from "./until.ts";

let fixture: Fixture;
let upstream: Bun.Server<undefined>;

beforeEach(async () => {
  fixture = await Fixture.open();
  upstream = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (req) => new Response(new URL(req.url).pathname) });
});
afterEach(async () => {
  await fixture.close();
  await upstream.stop(true);
});

const baseUrl = () => `http://127.0.0.1:${upstream.port}`;
const statusOf = async (...args: Parameters<typeof get>) => (await get(...args)).status;

test("an app that registers is reachable within a second, also on a unix socket, and gone when it leaves", async () => {
  const gateway = await fixture.gateway();
  const unix = join(fixture.dir, "app.sock");
  const app = Bun.serve({ unix, fetch: () => new Response("over the socket") });
  const record = appRecord({ id: "notes", baseUrl: `unix:${unix}`, routes: ["/app/notes"] });
  expect(await statusOf(gateway, "/app/notes")).toBe(404);

  await beat(fixture.redis, record);
  const tookMs = await until("the app is routed", async () => (await statusOf(gateway, "/app/notes")) === 200);
  expect(tookMs).toBeLessThan(1_000);
  expect(await (await get(gateway, "/app/notes/a")).text()).toBe("over the socket");

  await leave(fixture.redis, record);
  await until("the app is gone", async () => (await statusOf(gateway, "/app/notes")) === 503);
  await app.stop(true);
});

test("an instance that leaves is not brought back by a late write of its record", async () => {
  const gateway = await fixture.gateway();
  const record = appRecord({ id: "late", baseUrl: baseUrl(), routes: ["/late"] });
  await beat(fixture.redis, record);
  await until("the app is routed", async () => (await statusOf(gateway, "/late")) === 200);
  await leave(fixture.redis, record);
  await until("the app is gone", async () => (await statusOf(gateway, "/late")) === 503);

  await beat(fixture.redis, record);
  const other = appRecord({ id: "marker", baseUrl: baseUrl(), routes: ["/marker"] });
  await beat(fixture.redis, other);
  await until("a later record was read", async () => (await statusOf(gateway, "/marker")) === 200);
  expect(await statusOf(gateway, "/late")).toBe(503);
});

test("a killed instance is gone when its lease is over, and not before", async () => {
  let now = 1_000_000;
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir }, { now: () => now });
  const killed = appRecord({ id: "killed", baseUrl: baseUrl(), routes: ["/killed"] });
  const living = appRecord({ id: "living", baseUrl: baseUrl(), routes: ["/living"] });
  await beat(fixture.redis, killed);
  await beat(fixture.redis, living);
  await until(
    "both are routed",
    async () => (await statusOf(gateway, "/living")) + (await statusOf(gateway, "/killed")) === 400,
  );

  for (const step of [10_000, 10_000, 9_000]) {
    now += step;
    // A route nobody else has shows that the gateway has read the registry at this time.
    const marker = appRecord({ id: "marker", baseUrl: baseUrl(), routes: [`/marker-${now}`] });
    await beat(fixture.redis, living);
    await beat(fixture.redis, marker);
    await until("the registry was read", async () => (await statusOf(gateway, `/marker-${now}`)) === 200);
    expect(await statusOf(gateway, "/killed")).toBe(200);
  }
  now += 2_000;
  await beat(fixture.redis, living);
  await until("the killed one is gone", async () => (await statusOf(gateway, "/killed")) === 503);
  expect(await statusOf(gateway, "/living")).toBe(200);
});

test("FLUSHALL loses no route and no request", async () => {
  const gateway = await fixture.gateway();
  const record = appRecord({ id: "kept", baseUrl: baseUrl(), routes: ["/kept"] });
  await beat(fixture.redis, record);
  await writeWorkloads(fixture.redis, 3, [workload(["kept.localhost"], [target(upstream.port ?? 0)])]);
  const host = { Host: "kept.localhost" };
  await until(
    "both are routed",
    async () => (await statusOf(gateway, "/kept")) + (await statusOf(gateway, "/", host)) === 400,
  );

  await fixture.redis.flushall();
  const marker = appRecord({ id: "marker", baseUrl: baseUrl(), routes: ["/after-flush"] });
  await beat(fixture.redis, marker);
  await until("the empty registry was read", async () => (await statusOf(gateway, "/after-flush")) === 200);
  for (let i = 0; i < 20; i++) {
    expect(await statusOf(gateway, "/kept")).toBe(200);
    expect(await statusOf(gateway, "/", host)).toBe(200);
  }
  const health = await (await get(gateway, "/healthz")).json();
  expect(health).toMatchObject({ status: "ok", valkey: "up", hosts: 1 });
});

test("a workload snapshot that is not whole, or holds nothing valid, never replaces a good one", async () => {
  const gateway = await fixture.gateway();
  const shop = workload(["shop.localhost"], [target(upstream.port ?? 0)]);
  const isServed = async (host: string) => (await statusOf(gateway, "/", { Host: host })) === 200;
  await writeWorkloads(fixture.redis, 5, [shop]);
  await until("the shop is routed", () => isServed("shop.localhost"));

  const readNow = async (name: string) => {
    await beat(fixture.redis, appRecord({ id: "marker", baseUrl: baseUrl(), routes: [`/${name}`] }));
    await until(`the registry was read after ${name}`, async () => (await statusOf(gateway, `/${name}`)) === 200);
  };
  const spoil: Record<string, () => Promise<unknown>> = {
    "a-wrong-count": () => writeWorkloads(fixture.redis, 6, [], 1),
    "no-meta": () => fixture.redis.del(WORKLOADS_KEY),
    "a-broken-meta": () => fixture.redis.hset(WORKLOADS_KEY, "_meta", "{"),
    "only-invalid-records": async () => {
      await fixture.redis.hset(WORKLOADS_KEY, {
        _meta: JSON.stringify({ revision: 7, count: 1 }),
        [shop.workloadId]: "{}",
      });
    },
    "another-type-of-value": () => fixture.redis.multi().del(WORKLOADS_KEY).lpush(WORKLOADS_KEY, "x").exec(),
  };
  for (const [name, act] of Object.entries(spoil)) {
    await act();
    await readNow(name);
    expect(await isServed("shop.localhost")).toBe(true);
  }

  const blog = workload(["blog.localhost"], [target(upstream.port ?? 0)]);
  await fixture.redis.del(WORKLOADS_KEY);
  await writeWorkloads(fixture.redis, 8, [blog]);
  await until("a whole snapshot replaces it", () => isServed("blog.localhost"));
  expect(await isServed("shop.localhost")).toBe(false);

  await writeWorkloads(fixture.redis, 4, [shop]);
  await readNow("an-older-revision");
  expect(await isServed("blog.localhost")).toBe(true);

  await writeWorkloads(fixture.redis, 9, []);
  await until("an explicit zero is believed", async () => !(await isServed("blog.localhost")));
});

test("one invalid record is skipped and listed, the others count", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  await fixture.redis.set(appKey("broken", "one"), JSON.stringify({ schema: 1 }), "PX", 30_000);
  await fixture.redis.set(
    appKey("broken", "two"),
    JSON.stringify(appRecord({ id: "other", baseUrl: baseUrl(), routes: ["/x"] })),
  );
  await fixture.redis.lpush(appKey("broken", "three"), "a list");
  await beat(fixture.redis, appRecord({ id: "good", baseUrl: baseUrl(), routes: ["/good"] }));
  await until("the good one is routed", async () => (await statusOf(gateway, "/good")) === 200);
  expect(await statusOf(gateway, "/x")).toBe(404);
  const { invalid } = await admin<{ invalid: { key: string; reason: string }[] }>(dataDir, "/table");
  expect(invalid.map((entry) => entry.key).toSorted()).toEqual(
    ["one", "three", "two"].map((name) => appKey("broken", name)),
  );
});

test("each gateway says which workload revision it serves, and takes that back when it stops", async () => {
  const gateway = await fixture.gateway();
  await writeWorkloads(fixture.redis, 41, [workload(["a.localhost"], [target(upstream.port ?? 0)])]);
  const records = async () => {
    const keys = await fixture.redis.keys(GATEWAY_KEYS);
    const values = keys.length === 0 ? [] : await fixture.redis.mget(keys);
    return values.flatMap((value) => (value === null ? [] : GatewayRecord.parse(JSON.parse(value))));
  };
  const tookMs = await until("41 is announced", async () => (await records()).some((record) => record.revision === 41));
  expect(tookMs).toBeLessThan(1_000);
  await gateway.stop();
  expect((await records()).filter((record) => record.revision === 41)).toEqual([]);
});

test("a route change over 5,000 hosts is visible in well under a second", async () => {
  const gateway = await fixture.gateway();
  const many = Array.from({ length: 5_000 }, (_, index) => workload([`w${index}.localhost`], []));
  await writeWorkloads(fixture.redis, 1, many);
  await until("all are known", async () => (await statusOf(gateway, "/", { Host: "w4999.localhost" })) === 503, 20_000);
  const [first, ...rest] = many;
  await writeWorkloads(fixture.redis, 2, [{ ...first!, targets: [target(upstream.port ?? 0)] }, ...rest]);
  const tookMs = await until(
    "w0 is served",
    async () => (await statusOf(gateway, "/", { Host: "w0.localhost" })) === 200,
  );
  expect(tookMs).toBeLessThan(1_000);
}, 30_000);

test("without Valkey a restarted gateway serves the table from disk and expires nothing; it heals when Valkey is back", async () => {
  let now = 0;
  const dataDir = await fixture.folder();
  const first = await fixture.gateway({ dataDir });
  const record = appRecord({ id: "disk", baseUrl: baseUrl(), routes: ["/disk"] });
  await beat(fixture.redis, record);
  await writeWorkloads(fixture.redis, 2, [workload(["disk.localhost"], [target(upstream.port ?? 0)])]);
  await until(
    "both are routed",
    async () => (await statusOf(first, "/", { Host: "disk.localhost" })) + (await statusOf(first, "/disk")) === 400,
  );
  await first.stop();
  await fixture.valkey.kill();

  const second = await fixture.gateway({ dataDir }, { now: () => now });
  expect(await statusOf(second, "/disk")).toBe(200);
  expect(await statusOf(second, "/", { Host: "disk.localhost" })).toBe(200);
  expect(await (await get(second, "/healthz")).json()).toMatchObject({
    status: "ok",
    valkey: "down",
    routes: 1,
    hosts: 1,
  });
  now += 10 * 60_000;
  expect(await statusOf(second, "/disk")).toBe(200);

  await fixture.valkey.start();
  await beat(fixture.redis, appRecord({ id: "fresh", baseUrl: baseUrl(), routes: ["/fresh"] }));
  await until("a new app is routed", async () => (await statusOf(second, "/fresh")) === 200, 10_000);
  expect(await statusOf(second, "/disk")).toBe(200);
  await fixture.redis.publish(CHANGED_CHANNEL, "not json");
  expect(await statusOf(second, "/disk")).toBe(200);
}, 20_000);

test("a corrupt table on disk is ignored, and a later one takes its place whole", async () => {
  const dataDir = await fixture.folder();
  await Bun.write(tableFile(dataDir), '{"schema":1,"apps":[{"key":');
  const gateway = await fixture.gateway({ dataDir });
  expect(await statusOf(gateway, "/nothing")).toBe(404);
  await beat(fixture.redis, appRecord({ id: "new", baseUrl: baseUrl(), routes: ["/new"] }));
  await until("the app is saved", async () => (await readFile(tableFile(dataDir), "utf8")).includes('"/new"'));
  expect(JSON.parse(await readFile(tableFile(dataDir), "utf8"))).toMatchObject({ schema: 1 });
  expect(((await stat(tableFile(dataDir))).mode & 0o777).toString(8)).toBe("600");
  await writeFile(tableFile(dataDir), JSON.stringify({ schema: 2 }));
});

test("with neither Valkey nor a saved table nothing is called unknown: 503 until the routes are read", async () => {
  const gateway = await fixture.gateway({ valkeyUrl: join(fixture.dir, "nobody.sock") });
  const response = await get(gateway, "/anything");
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("2");
  expect(await statusOf(gateway, "/", { Host: "unknown.example" })).toBe(503);
  expect(await statusOf(gateway, "/healthz")).toBe(200);
});
