import { afterEach, beforeEach, expect, test } from "bun:test";
import { GATEWAY_KEYS } from "@homeport/kit/registry/keys.ts";
import { Fixture } from "./fixture.ts";
import { GatewayGroup, isAlive } from "./gateway-group.ts";
import { freePort } from "./gateway-process.ts";
import { KeepAliveLoad } from "./keep-alive-load.ts";
import { RawClient } from "./raw-client.ts";
import { type Connection, RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat } from "./records.ts";
import { until } from "./until.ts";

const TEST_MS = 20_000;
const REQUEST = "GET /app HTTP/1.1\r\nHost: localhost\r\n\r\n";
const OPEN = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst";

let fixture: Fixture;
let upstream: RawUpstream;
let slow: Connection[];
let env: { REDIS_URL: string; HOMEPORT_DATA: string };
let port: number;

beforeEach(async () => {
  fixture = await Fixture.open();
  env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  port = await freePort();
  slow = [];
  upstream = await RawUpstream.start((connection) => {
    const request = connection.received;
    if (!request.endsWith("\r\n\r\n")) return;
    connection.received = "";
    if (request.startsWith("GET /app/slow")) {
      slow.push(connection);
      connection.socket.write(OPEN);
    } else connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  fixture.defer(() => upstream.stop());
  await beat(fixture.redis, appRecord({ id: "app", baseUrl: upstream.baseUrl, routes: ["/app"] }));
});
afterEach(() => fixture.close());

const start = () => GatewayGroup.start(fixture, env, port);

async function startSlowRequest(): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.send(REQUEST.replace("/app", "/app/slow"));
  await client.waitFor("first");
  return client;
}

test(
  "it is ready when all workers listen, and looks like one gateway with two instances",
  async () => {
    const group = await start();
    const { status, workers } = await group.health();
    expect(status).toBe("ok");
    expect(workers.map(({ worker, state }) => `${worker} ${state}`).sort()).toEqual(["0 serving", "1 serving"]);
    expect((await fetch(`http://127.0.0.1:${port}/app`)).status).toBe(200);
    expect(await (await group.page("/readyz")).json()).toEqual({ ready: true });
    expect(await (await group.page("/table")).json()).toMatchObject({ routes: [{ id: "app" }] });
    const metrics = await (await group.page("/metrics")).text();
    expect(metrics).toMatch(/^homeport_gateway_requests_total\{worker="[01]",app="app",class="2xx"\} 1$/m);
    await until("both have announced themselves", async () => (await fixture.redis.keys(GATEWAY_KEYS)).length === 2);
  },
  TEST_MS,
);

test(
  "a worker that is killed costs at most the request under way of each of its connections, and is back",
  async () => {
    const group = await start();
    const [victim = 0] = await group.serving();
    const load = new KeepAliveLoad(port, REQUEST, { clients: 20, perSecond: 300 });
    await until("the load runs", () => load.sent > 60);
    process.kill(victim, "SIGKILL");
    await until("two serve again", async () => {
      const serving = await group.serving();
      return serving.length === 2 && !serving.includes(victim);
    });
    const sentBefore = load.sent;
    await until("the load went on", () => load.sent > sentBefore + 60);
    await load.end();
    expect(load.failures.length).toBeLessThanOrEqual(20);
    expect(load.failures.length).toBeLessThan(load.sent / 5);
  },
  TEST_MS,
);

test(
  "SIGHUP under steady keep-alive load replaces all workers and loses no request",
  async () => {
    const group = await start();
    const old = await group.serving();
    const load = new KeepAliveLoad(port, REQUEST, { clients: 20, perSecond: 300 });
    await until("the load runs", () => load.sent > 60);
    group.signal("SIGHUP");
    await until("it is done", async () => (await group.health()).lastReload === "done", 10_000);
    await until("the old workers have ended", async () => (await group.health()).workers.length === 2);
    const sentBefore = load.sent;
    await until("the load went on", () => load.sent > sentBefore + 60);
    await load.end();
    expect(load.failures).toEqual([]);
    expect(load.answers.get("ok")).toBe(load.sent);
    expect((await group.serving()).filter((pid) => old.includes(pid))).toEqual([]);
  },
  TEST_MS,
);

test(
  "when the supervisor is killed the workers finish what runs and end, and the next one has the port",
  async () => {
    const group = await start();
    const workers = await group.serving();
    const client = await startSlowRequest();
    group.signal("SIGKILL");
    await group.exited();
    const next = await start();
    expect((await fetch(`http://127.0.0.1:${port}/app`)).status).toBe(200);
    const { workers: listed } = await next.health();
    expect(listed.map(({ pid }) => pid).filter((pid) => workers.includes(pid))).toEqual([]);
    expect(workers.some(isAlive)).toBe(true);
    slow[0]?.socket.write("-last");
    await client.waitFor("first-last");
    client.socket.destroy();
    await until("the old workers have ended", () => !workers.some(isAlive));
    expect(await next.health()).toMatchObject({ status: "ok" });
    for (const { worker } of listed) expect(next.hasSocket(worker)).toBe(true); // a worker that ends takes its own with it
  },
  TEST_MS,
);

test(
  "SIGTERM lets running requests finish, then all processes end with code 0",
  async () => {
    const group = await start();
    const workers = await group.serving();
    const client = await startSlowRequest();
    group.signal("SIGTERM");
    await until("new connections are refused", () =>
      RawClient.connect(port).then(
        ({ socket }) => {
          socket.destroy();
          return false;
        },
        () => true,
      ),
    );
    slow[0]?.socket.write("-last");
    await client.waitFor("first-last");
    expect(await group.exited()).toBe(0);
    expect(workers.some(isAlive)).toBe(false);
  },
  TEST_MS,
);

test(
  "a second SIGTERM ends everything at once",
  async () => {
    const group = await start();
    const workers = await group.serving();
    await startSlowRequest();
    group.signal("SIGTERM");
    await until("it drains", async () => (await group.health()).workers.some(({ state }) => state === "draining"));
    group.signal("SIGTERM");
    expect(await group.exited()).toBe(1);
    await until("the workers are gone", () => !workers.some(isAlive));
  },
  TEST_MS,
);

test(
  "a port that is taken, or a config that no worker can use, is an exit with an error",
  async () => {
    await start();
    const second = GatewayGroup.open(fixture, { ...env, HOMEPORT_DATA: await fixture.folder() }, port);
    expect(await second.exited()).not.toBe(0);
    const third = GatewayGroup.open(fixture, { ...env, REDIS_URL: "http://not-valkey" }, await freePort());
    expect(await third.exited()).toBe(1);
  },
  TEST_MS,
);
