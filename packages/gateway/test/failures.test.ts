import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Gateway } from "../src/index.ts";
import { admin, Fixture, get, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { type Connection, RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat, target, workload } from "./records.ts";
import { until } from "./until.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let fixture: Fixture;
let gateway: Gateway;
let workloads: WorkloadServer;
let dataDir: string;

beforeAll(async () => {
  fixture = await Fixture.open();
  dataDir = await fixture.folder();
  gateway = await fixture.gateway({ dataDir, timeouts: { headMs: 300, responseMs: 300, bodyIdleMs: 300 } });
  workloads = new WorkloadServer(fixture, dataDir);
});
afterAll(() => fixture.close());

async function upstreamThat(onData: (connection: Connection) => void): Promise<RawUpstream> {
  const upstream = await RawUpstream.start(onData);
  fixture.defer(() => upstream.stop());
  return upstream;
}

const answersOk = () =>
  upstreamThat((connection) => {
    if (!connection.received.endsWith("\r\n\r\n")) return;
    connection.socket.write(OK);
  });

async function targetCount(prefix: string): Promise<number> {
  const { routes } = await admin<{ routes: { prefix: string; targets: unknown[] }[] }>(dataDir, "/table");
  return routes.find((route) => route.prefix === prefix)?.targets.length ?? 0;
}

const app = { Host: "app.localhost" };
const getApp = (headers = {}) => get(gateway, "/", { ...app, ...headers });

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem: unknown = await response.json();
  const requestId = response.headers.get("x-request-id");
  expect(problem).toMatchObject({ type: "about:blank", status: response.status, requestId });
  return problem;
}

test("unknown paths and hosts are 404, a page for browsers and a problem document for others", async () => {
  await workloads.serve();
  expect(await problemOf(await get(gateway, "/nothing"))).toMatchObject({ status: 404, code: "not_found" });
  expect(await problemOf(await get(gateway, "/", { Host: "typo.localhost" }))).toMatchObject({
    status: 404,
    code: "unknown_host",
  });

  const page = await get(gateway, "/", { Host: "typo.localhost", Accept: "text/html,application/xhtml+xml,*/*;q=0.8" });
  expect(page.status).toBe(404);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("cache-control")).toBe("no-store");
  const html = await page.text();
  expect(html).toContain("No service is deployed at typo.localhost.");
  expect(html).toContain(page.headers.get("x-request-id") ?? "no id");
  expect(html).not.toMatch(/src=|href=|<script/);
});

test("a known route with nothing behind it is 503 with Retry-After, and its page asks again by itself", async () => {
  await workloads.serve(workload(["app.localhost"], []));
  const response = await getApp();
  expect(response.headers.get("retry-after")).toBe("2");
  expect(await problemOf(response)).toMatchObject({ status: 503, code: "unavailable" });
  expect(await (await getApp({ Accept: "text/html" })).text()).toContain('http-equiv="refresh"');

  await workloads.serve(workload(["app.localhost"], [target(1, "draining")]));
  expect((await getApp()).status).toBe(503);
});

test("an upstream that nobody can connect to is 502", async () => {
  const gone = await answersOk();
  await workloads.serve(workload(["app.localhost"], [target(gone.port)]));
  gone.stop();
  expect(await problemOf(await getApp())).toMatchObject({ status: 502, code: "bad_gateway" });

  const unix = join(fixture.dir, "gone.sock");
  await rm(unix, { force: true });
  await beat(fixture.redis, appRecord({ id: "gone", baseUrl: `unix:${unix}`, routes: ["/gone"] }));
  await until("the dead socket is routed", async () => (await get(gateway, "/gone")).status === 502);
});

test.each([
  { name: "answers garbage", bytes: "garbage\r\n\r\n" },
  { name: "answers with a broken head", bytes: "HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\n" },
  { name: "answers with two lengths", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!" },
  {
    name: "answers with length and chunks",
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  },
  {
    name: "answers with a chunk that is none",
    bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
  },
  { name: "answers with a huge head", bytes: `HTTP/1.1 200 OK\r\nX: ${"a".repeat(200_000)}\r\n\r\n` },
])("an upstream that $name is 502, and is not asked twice", async ({ bytes }) => {
  const upstream = await RawUpstream.answering(bytes);
  fixture.defer(() => upstream.stop());
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  expect((await getApp()).status).toBe(502);
  expect(upstream.received.match(/GET \//g)).toHaveLength(1);
});

test("an upstream that accepts and says nothing is 504, and is not asked twice", async () => {
  const upstream = await upstreamThat(() => undefined);
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  expect(await problemOf(await getApp())).toMatchObject({ status: 504, code: "gateway_timeout" });
  expect(upstream.received.match(/GET \//g)).toHaveLength(1);
  await until("its connection is closed", () => upstream.connections.every((connection) => connection.isClosed));
});

test("an upload that keeps moving is not slow, one that stands still is", async () => {
  const upstream = await upstreamThat(({ socket, received }) => {
    if (received.endsWith("12345")) socket.write(OK);
  });
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  const client = await RawClient.connect(gateway.port);
  client.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 5\r\n\r\n");
  for (const byte of "12345") {
    await Bun.sleep(100); // a pace is what is tested: each step is allowed, all together are longer than the limit
    client.send(byte);
  }
  await client.waitFor("200 OK");
  const stalled = await RawClient.connect(gateway.port);
  stalled.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 5\r\n\r\n1");
  await stalled.waitFor(" 408 "); // it is the client that is slow
});

test("a request head that does not come to its end is 408, and nothing of it is passed on", async () => {
  const upstream = await answersOk();
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  const client = await RawClient.connect(gateway.port);
  client.send("GET / HTTP/1.1\r\nHost: app.localhost\r\nX-Slow: ");
  await client.closed();
  expect(client.text).toStartWith("HTTP/1.1 408 ");
  expect(upstream.connections).toEqual([]);
});

test("a body that stands still is cut, an event stream may be silent", async () => {
  const upstream = await upstreamThat(({ socket, received }) => {
    const type = received.includes("/events") ? "text/event-stream" : "text/plain";
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
  });
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  const events = await RawClient.connect(gateway.port);
  events.send("GET /events HTTP/1.1\r\nHost: app.localhost\r\n\r\n");
  await events.waitFor("first");
  const body = await RawClient.connect(gateway.port);
  body.send("GET /body HTTP/1.1\r\nHost: app.localhost\r\n\r\n");
  await body.waitFor("first");
  await body.closed();
  expect(body.end).toBe("ECONNRESET");
  expect(events.isClosed).toBe(false);
  events.socket.destroy();
});

test("a request to a dead instance goes to another one, whatever its method, and the dead one is passed over", async () => {
  const dead = await answersOk();
  const living = await upstreamThat(({ socket, received }) => {
    if (received.endsWith("abc") || received.endsWith("\r\n\r\n")) socket.write(OK);
  });
  await workloads.serve(workload(["app.localhost"], [target(dead.port), target(living.port)]));
  dead.stop();
  for (let i = 0; i < 10; i++) {
    expect((await getApp()).status).toBe(200);
    const posted = await fetch(`http://127.0.0.1:${gateway.port}/`, { method: "POST", body: "abc", headers: app });
    expect(posted.status).toBe(200);
  }
});

test.each(["tcp", "unix"] as const)(
  "one living instance among several dead ones gets every request (%s)",
  async (kind) => {
    const serveOk = async (name: string) => {
      if (kind === "tcp") {
        const upstream = await answersOk();
        return { baseUrl: upstream.baseUrl, stop: () => upstream.stop() };
      }
      const unix = join(fixture.dir, `${name}.sock`);
      const server = Bun.serve({ unix, fetch: () => new Response("ok") });
      fixture.defer(() => server.stop(true));
      return { baseUrl: `unix:${unix}`, stop: () => server.stop(true) };
    };
    const living = await serveOk("living");
    const dead = await Promise.all(["dead-1", "dead-2", "dead-3"].map(serveOk));
    for (const { baseUrl } of [...dead, living]) {
      await beat(fixture.redis, appRecord({ id: `many-${kind}`, baseUrl, routes: [`/many-${kind}`] }));
    }
    await until("all are routed", async () => (await targetCount(`/many-${kind}`)) === 4);
    for (const server of dead) await server.stop();
    for (const method of ["GET", "POST", "POST", "GET", "POST", "GET"]) {
      expect((await fetch(`http://127.0.0.1:${gateway.port}/many-${kind}`, { method })).status).toBe(200);
    }
  },
);

test("a repeatable request whose connection breaks before any answer is tried once more, on the same instance if need be", async () => {
  let count = 0;
  const upstream = await upstreamThat(({ socket }) => {
    if (++count === 1) socket.destroy();
    else socket.write(OK);
  });
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  expect((await getApp()).status).toBe(200);
  expect(count).toBe(2);
});

test("no request is tried three times", async () => {
  let count = 0;
  const breaks = () =>
    upstreamThat(({ socket }) => {
      count++;
      socket.destroy();
    });
  const targets = await Promise.all([breaks(), breaks(), breaks()]);
  await workloads.serve(
    workload(
      ["app.localhost"],
      targets.map(({ port }) => target(port)),
    ),
  );
  expect((await getApp()).status).toBe(502);
  expect(count).toBe(2);
});

test.each([
  { name: "a POST", method: "POST", body: undefined },
  { name: "a PUT with a body", method: "PUT", body: "abc" },
])("$name that may have been acted upon is never repeated", async ({ method, body }) => {
  let count = 0;
  const breaks = () =>
    upstreamThat(({ socket, received }) => {
      if (!received.includes("\r\n\r\n")) return;
      count++;
      socket.destroy();
    });
  await workloads.serve(workload(["app.localhost"], [target((await breaks()).port), target((await breaks()).port)]));
  const init = { method, headers: app, ...(body === undefined ? {} : { body }) };
  expect((await fetch(`http://127.0.0.1:${gateway.port}/`, init)).status).toBe(502);
  expect(count).toBe(1);
});

test("a repeatable request is not repeated once a byte of the answer came", async () => {
  let count = 0;
  const upstream = await upstreamThat(({ socket }) => {
    count++;
    socket.end("HTTP/1.1 200 O");
  });
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  expect((await getApp()).status).toBe(502);
  expect(count).toBe(1);
});

test("requests are spread over ready instances, and none goes to one that drains", async () => {
  const upstreams = await Promise.all([answersOk(), answersOk(), answersOk()]);
  const [a, b, draining] = upstreams;
  await workloads.serve(
    workload(["app.localhost"], [target(a!.port), target(b!.port), target(draining!.port, "draining")]),
  );
  for (let i = 0; i < 20; i++) expect((await getApp()).status).toBe(200);
  const [countA, countB, countDraining] = upstreams.map(({ received }) => received.match(/GET \//g)?.length ?? 0);
  expect([countA, countB, countDraining]).toEqual([10, 10, 0]);
});
