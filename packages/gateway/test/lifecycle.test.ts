import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { adminSocket, tableFile } from "../src/config.ts";
import { admin, Fixture, get, WorkloadServer } from "./fixture.ts";
import { freePort, GatewayProcess } from "./gateway-process.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat, target, workload } from "./records.ts";
import { until } from "./until.ts";

const OPEN = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst";
const REQUEST = "GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n";

let fixture: Fixture;
beforeEach(async () => {
  fixture = await Fixture.open();
});
afterEach(() => fixture.close());

async function startUpstream(...given: Parameters<typeof RawUpstream.start>): Promise<RawUpstream> {
  const upstream = await RawUpstream.start(...given);
  fixture.defer(() => upstream.stop());
  return upstream;
}

test("a request that runs when its replica drains, or leaves the table, finishes; new ones go elsewhere", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const workloads = new WorkloadServer(fixture, dataDir);
  const old = await startUpstream(({ socket }) => void socket.write(OPEN));
  const fresh = await startUpstream(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"),
  );
  const app = workload(["app.localhost"], [target(old.port)]);
  await workloads.serve(app);
  const client = await RawClient.connect(gateway.port);
  client.send(REQUEST);
  await client.waitFor("first");

  await workloads.serve({ ...app, targets: [target(old.port, "draining"), target(fresh.port)] });
  expect(await (await get(gateway, "/", { Host: "app.localhost" })).text()).toBe("new");
  await workloads.serve({ ...app, targets: [target(fresh.port)] });
  expect(await (await get(gateway, "/", { Host: "app.localhost" })).text()).toBe("new");
  expect(client.isClosed).toBe(false);
  old.connections[0]?.socket.write("-last");
  await client.waitFor("first-last");
  expect(old.received.match(/GET/g)).toHaveLength(1);
});

test("what runs on a replica that drains is shown for as long as it runs", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const workloads = new WorkloadServer(fixture, dataDir);
  const upstream = await startUpstream(({ socket }) => void socket.write(OPEN));
  const replica = target(upstream.port);
  const app = workload(["app.localhost"], [replica]);
  await workloads.serve(app);
  const client = await RawClient.connect(gateway.port);
  client.send(REQUEST);
  await client.waitFor("first");
  await workloads.serve({ ...app, targets: [{ ...replica, state: "draining" }] });
  const running = async () => {
    const { hosts } = await admin<{ hosts: { targets: { outstanding: number }[] }[] }>(dataDir, "/table");
    return hosts[0]?.targets[0]?.outstanding;
  };
  expect(await running()).toBe(1);
  upstream.connections[0]?.socket.write("-last");
  await client.waitFor("first-last");
  expect(await running()).toBe(0);
  client.socket.destroy();
});

test("idle connections to a replica that leaves are closed, so that it can stop at once", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const workloads = new WorkloadServer(fixture, dataDir);
  const upstream = await startUpstream(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  );
  const app = workload(["app.localhost"], [target(upstream.port)]);
  await workloads.serve(app);
  expect((await get(gateway, "/", { Host: "app.localhost" })).status).toBe(200);
  expect(upstream.connections[0]?.isClosed).toBe(false);
  await workloads.serve({ ...app, targets: [] });
  await until("the idle connection is closed", () => upstream.connections[0]?.isClosed === true);
});

test("idle connections to a replica that nobody asks any more are closed", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const workloads = new WorkloadServer(fixture, dataDir);
  const upstream = await startUpstream(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  );
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  expect((await get(gateway, "/", { Host: "app.localhost" })).status).toBe(200);
  expect(upstream.connections[0]?.isClosed).toBe(false);
  await until("the idle connection is closed", () => upstream.connections[0]?.isClosed === true, 10_000);
}, 15_000);

test("stop lets a running request finish, refuses new connections, and is done as soon as nothing runs", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir, timeouts: { drainMs: 60_000 } });
  const upstream = await startUpstream(({ socket }) => void socket.write(OPEN));
  await new WorkloadServer(fixture, dataDir).serve(workload(["app.localhost"], [target(upstream.port)]));
  const idle = await RawClient.connect(gateway.port);
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await idle.waitFor("200 OK");
  const busy = await RawClient.connect(gateway.port);
  busy.send(REQUEST);
  await busy.waitFor("first");

  const stopped = gateway.stop();
  await idle.closed();
  await until("new connections are refused", () =>
    RawClient.connect(gateway.port).then(
      () => false,
      () => true,
    ),
  );
  expect(busy.isClosed).toBe(false);
  upstream.connections[0]?.socket.write("-last");
  await busy.waitFor("first-last");
  await stopped;
});

test("stop does not wait for a proxy that has not said yet whose connection it is", async () => {
  const behindProxy = { trustedProxies: ["127.0.0.1"], proxyProtocol: true };
  const gateway = await fixture.gateway({ ...behindProxy, timeouts: { drainMs: 60_000 } });
  const idle = await RawClient.connect(gateway.port);
  const begun = await RawClient.connect(gateway.port);
  begun.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await begun.waitFor("200 OK"); // by now the other one was accepted as well
  await gateway.stop();
  await Promise.all([idle.closed(), begun.closed()]);
});

test("what still runs at the deadline is cut: requests and WebSockets", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir, timeouts: { drainMs: 200 } });
  const upstream = await startUpstream(({ socket, received }) => {
    const isSocket = received.includes("Upgrade");
    socket.write(
      isSocket ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" : OPEN,
    );
  });
  await new WorkloadServer(fixture, dataDir).serve(workload(["app.localhost"], [target(upstream.port)]));
  const request = await RawClient.connect(gateway.port);
  request.send(REQUEST);
  await request.waitFor("first");
  const socket = await RawClient.connect(gateway.port);
  socket.send(REQUEST.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
  await socket.waitFor("101 ");
  await gateway.stop();
  await Promise.all([request.closed(), socket.closed()]);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
});

test("the admin socket tells health, readiness, metrics and the table with what was refused, to its user only", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const upstream = await startUpstream(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  );
  const owner = appRecord({
    id: "owner",
    baseUrl: upstream.baseUrl,
    routes: ["/x"],
    startedAt: "2026-01-01T00:00:00Z",
  });
  const thief = appRecord({
    id: "a-thief",
    baseUrl: "http://127.0.0.1:1",
    routes: ["/x"],
    startedAt: "2026-01-02T00:00:00Z",
  });
  await beat(fixture.redis, thief);
  await beat(fixture.redis, owner);
  await until("the second claim was read", async () => {
    const { refused } = await admin<{ refused: unknown[] }>(dataDir, "/table");
    return refused.length === 1;
  });
  expect((await get(gateway, "/x")).status).toBe(200);
  expect(await admin<object>(dataDir, "/table")).toMatchObject({
    routes: [
      {
        prefix: "/x",
        kind: "app",
        id: "owner",
        targets: [{ instance: owner.instance, state: "ready", outstanding: 0 }],
      },
    ],
    refused: [{ kind: "prefix", value: "/x", claimant: "a-thief", keeper: "owner" }],
  });

  expect(await admin<object>(dataDir, "/healthz")).toMatchObject({ status: "ok", valkey: "up", routes: 1, hosts: 0 });
  expect(await admin<object>(dataDir, "/readyz")).toEqual({ ready: true });
  const metrics = await (await fetch("http://gateway/metrics", { unix: adminSocket(join(dataDir, "run")) })).text();
  expect(metrics).toContain('homeport_gateway_requests_total{app="owner",class="2xx"} 1\n');
  expect(metrics).toContain("homeport_gateway_refused_routes 1\n");
  expect(metrics).toContain("homeport_gateway_requests_in_flight 0\n");
  expect(((await stat(adminSocket(join(dataDir, "run")))).mode & 0o777).toString(8)).toBe("600");
});

test("the process serves by its environment, survives kill -9 with its table, and exits 0 on SIGTERM", async () => {
  const env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  const port = await freePort();
  const upstream = await startUpstream(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  );
  const statusOf = async () => (await fetch(`http://127.0.0.1:${port}/app`)).status;
  const first = await GatewayProcess.start(fixture, env, port);
  await beat(fixture.redis, appRecord({ id: "app", baseUrl: upstream.baseUrl, routes: ["/app"] }));
  await until("the app is routed", async () => (await statusOf()) === 200);
  await until("the table is saved", async () =>
    (await readFile(tableFile(env.HOMEPORT_DATA), "utf8")).includes('"/app"'),
  );
  first.signal("SIGKILL");
  await first.exited();
  await fixture.valkey.kill();

  const second = await GatewayProcess.start(fixture, env, port);
  expect(await statusOf()).toBe(200);
  second.signal("SIGTERM");
  expect(await second.exited()).toBe(0);
}, 15_000);

test("a port that is taken is an error, not a gateway that serves nothing", async () => {
  const gateway = await fixture.gateway();
  expect(fixture.gateway({ port: gateway.port })).rejects.toThrow(/EADDRINUSE|in use/);
});
