import { afterAll, beforeAll, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { Gateway } from "../src/index.ts";
import { Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { until } from "./until.ts";

let fixture: Fixture;
let gateway: Gateway;
let workloads: WorkloadServer;

beforeAll(async () => {
  fixture = await Fixture.open();
  const dataDir = await fixture.folder();
  gateway = await fixture.gateway({ dataDir });
  workloads = new WorkloadServer(fixture, dataDir);
});
afterAll(() => fixture.close());

/** Serves the upstream at app.localhost, instead of whatever the last test had there. */
async function serve(upstream: RawUpstream): Promise<void> {
  fixture.defer(() => upstream.stop());
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
}

const ask = (method: string, path: string, lines: string[] = [], body = "") =>
  RawClient.ask(
    gateway.port,
    [`${method} ${path} HTTP/1.1`, "Host: app.localhost", "Connection: close", ...lines, "", body].join("\r\n"),
  );

test("the response keeps its status line, duplicate headers, bytes and compression; hop-by-hop headers end here", async () => {
  const zipped = gzipSync("hello").toString("latin1");
  const lines = [
    "HTTP/1.1 299 Custom Thing",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
    "X-Twice: 1",
    "X-Twice: 2",
    "X-Bytes: caf\xe9",
  ];
  lines.push(
    "Content-Encoding: gzip",
    "Connection: X-Hop",
    "X-Hop: secret",
    "Keep-Alive: timeout=99",
    `Content-Length: ${zipped.length}`,
  );
  await serve(await RawUpstream.answering(`${lines.join("\r\n")}\r\n\r\n${zipped}`));
  const answer = await ask("GET", "/");
  expect(answer).toStartWith("HTTP/1.1 299 Custom Thing\r\n");
  for (const kept of [
    "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Twice: 1\r\nX-Twice: 2\r\nX-Bytes: caf\xe9\r\n",
    "Content-Encoding: gzip",
  ]) {
    expect(answer).toContain(kept);
  }
  expect(answer).toEndWith(`\r\n\r\n${zipped}`);
  expect(answer).not.toMatch(/x-hop|timeout=99/i);
  expect(answer).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
});

test("redirects are passed on, not followed, and the raw path reaches the upstream byte for byte", async () => {
  const upstream = await RawUpstream.answering(
    "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n",
  );
  await serve(upstream);
  expect(await ask("GET", "/a%2Fb/../c//d?q=%zz&r=1")).toContain("Location: http://elsewhere.test/");
  expect(upstream.received).toStartWith("GET /a%2Fb/../c//d?q=%zz&r=1 HTTP/1.1\r\n");
});

test.each([
  {
    name: "HEAD keeps the length and has no body",
    method: "HEAD",
    upstream: "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n",
    has: "Content-Length: 77",
  },
  { name: "204 has no body", method: "GET", upstream: "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", has: "X-A: 1" },
  {
    name: "304 keeps its validators",
    method: "GET",
    upstream: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 55\r\n\r\n',
    has: 'ETag: "x"',
  },
])("$name", async ({ method, upstream, has }) => {
  await serve(await RawUpstream.answering(upstream));
  const answer = await ask(method, "/");
  expect(answer).toContain(has);
  expect(answer).toEndWith("\r\n\r\n");
  expect(answer).not.toMatch(/transfer-encoding/i);
});

test("chunked bodies and trailers pass in both directions", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (!received.endsWith("0\r\n\r\n")) return;
    socket.write(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n",
    );
  });
  await serve(upstream);
  const answer = await ask("POST", "/", ["Transfer-Encoding: chunked"], "3\r\nxyz\r\n0\r\n\r\n");
  expect(answer).toEndWith("3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n");
  expect(upstream.received).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
  expect(upstream.received).toContain("\r\n\r\n3\r\nxyz\r\n0\r\n\r\n");
});

test("a GET with a body is forwarded with its body", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.endsWith("\r\n\r\nabc")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  await serve(upstream);
  expect(await ask("GET", "/", ["Content-Length: 3"], "abc")).toEndWith("ok");
  expect(upstream.received).toContain("\r\nContent-Length: 3\r\n");
});

test("Expect: 100-continue is answered by the upstream, and a refusal comes without the body being sent", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.endsWith("the body")) socket.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    else if (received.includes("/big"))
      socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    else if (received.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
  });
  await serve(upstream);
  const head = (path: string, length: number) =>
    `PUT ${path} HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
  const client = await RawClient.connect(gateway.port);
  client.send(head("/small", 8));
  await client.waitFor("100 Continue\r\n\r\n");
  client.send("the body");
  await client.waitFor("201 Created");

  const refused = await RawClient.connect(gateway.port);
  refused.send(head("/big", 1_000_000_000));
  await refused.closed();
  expect(refused.text).toStartWith("HTTP/1.1 413 Too Large\r\n");
  expect(refused.text).toEndWith("big");
});

test("connections to the upstream are reused, and pipelined requests are answered in order", async () => {
  const upstream = await RawUpstream.start((connection) => {
    for (;;) {
      const end = connection.received.indexOf("\r\n\r\n");
      if (end === -1) return;
      const path = connection.received.split(" ")[1] ?? "";
      connection.received = connection.received.slice(end + 4);
      connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    }
  });
  await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  for (let i = 0; i < 50; i++) {
    client.send(`GET /one-by-one-${i} HTTP/1.1\r\nHost: app.localhost\r\n\r\n`);
    await client.waitFor(`\r\n\r\n/one-by-one-${i}`);
  }
  expect(upstream.connections.length).toBe(1);
  const wanted = Array.from({ length: 100 }, (_, index) => `/pipelined-${index}!`);
  client.send(wanted.map((path) => `GET ${path} HTTP/1.1\r\nHost: app.localhost\r\n\r\n`).join(""));
  await client.waitFor("/pipelined-99!");
  expect(Array.from(client.text.match(/\/pipelined-\d+!/g) ?? [])).toEqual(wanted);
  client.socket.destroy();
});

test.each([
  { name: "with a length", head: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", version: "1.1" },
  { name: "chunked", head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", version: "1.1" },
  {
    name: "chunked, to an HTTP/1.0 client",
    head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    version: "1.0",
  },
  {
    name: "with a broken chunk",
    head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    version: "1.1",
    next: "zz\r\n",
  },
])("an upstream that dies mid-body ($name) resets the client's connection", async ({ head, version, next }) => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (!received.endsWith("\r\n\r\n")) return;
    socket.write(head);
  });
  await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  client.send(`GET / HTTP/${version}\r\nHost: app.localhost\r\n\r\n`);
  await client.waitFor("half");
  if (next === undefined) upstream.connections.at(-1)?.socket.destroy();
  else upstream.connections.at(-1)?.socket.write(next);
  await client.closed();
  expect(client.end).toBe("ECONNRESET");
  expect(client.text).not.toEndWith("0\r\n\r\n");
});

test("a client that goes away ends the upstream's request at once, before the head and in mid-body", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.startsWith("GET /body"))
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  });
  await serve(upstream);
  for (const path of ["/silent", "/body"]) {
    const client = await RawClient.connect(gateway.port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: app.localhost\r\n\r\n`);
    const arrived = () => upstream.connections.find((connection) => connection.received.startsWith(`GET ${path}`));
    await until("the request reaches the upstream", () => arrived() !== undefined);
    if (path === "/body") await client.waitFor("abc");
    client.socket.destroy();
    const tookMs = await until("the upstream sees the end", () => arrived()?.isClosed === true);
    expect(tookMs).toBeLessThan(500);
  }
});

test("a client that gives up in the middle of an upload ends the upstream's request", async () => {
  const upstream = await RawUpstream.start(() => undefined);
  await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  client.send("POST /up HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 100\r\n\r\nsome");
  await until("the first bytes arrive before the upload is complete", () => upstream.received.endsWith("\r\n\r\nsome"));
  client.socket.destroy();
  await until("the upstream sees the end", () => upstream.connections.every((connection) => connection.isClosed));
});

test("forged proxy and identity headers end here, and ours are set from what we know", async () => {
  const upstream = await RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await serve(upstream);
  await RawClient.ask(
    gateway.port,
    [
      "GET / HTTP/1.1",
      "Host: APP.localhost.:8080",
      "Connection: close, X-Forwarded-For, X-Drop-Me, Authorization-Extra",
      "X-Forwarded-For: 6.6.6.6",
      "X_Forwarded_For: 6.6.6.7",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.test",
      "X-Forwarded-Anything: 6.6.6.6",
      "Forwarded: for=6.6.6.6",
      "X-Real-IP: 6.6.6.6",
      "X-Homeport-Principal: admin",
      "x_homeport_principal: admin",
      "X-Request-Id: forged",
      "Proxy: http://evil.test",
      "X-Drop-Me: 1",
      "Keep-Alive: timeout=1",
      "TE: trailers",
      "Authorization: Bearer kept",
      "Cookie: a=1",
      "Cookie: b=2",
      "",
      "",
    ].join("\r\n"),
  );
  const { received } = upstream;
  expect(received).not.toMatch(/6\.6\.6|evil|forged|admin|drop-me|timeout=1|trailers/i);
  expect(received).toContain(
    "\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: app.localhost.:8080\r\n",
  );
  expect(received).toContain('\r\nForwarded: for=127.0.0.1;host="app.localhost.:8080";proto=http\r\n');
  expect(received).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
  expect(received).toContain("\r\nAuthorization: Bearer kept\r\nCookie: a=1\r\nCookie: b=2\r\n");
  expect(received.match(/^host:/gim)).toHaveLength(1);
});

test("another protocol offered with Upgrade is answered as a plain request, with its body", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.endsWith("abc")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
  });
  await serve(upstream);
  const lines = [
    "Connection: Upgrade, HTTP2-Settings, close",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABk",
    "Content-Length: 3",
  ];
  const answer = await RawClient.ask(
    gateway.port,
    ["POST / HTTP/1.1", "Host: app.localhost", ...lines, "", "abc"].join("\r\n"),
  );
  expect(answer).toEndWith("plain");
  expect(upstream.received).not.toMatch(/upgrade|http2/i);
});

test("an upstream that switches protocols unasked is a bad gateway", async () => {
  await serve(
    await RawUpstream.answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
  );
  expect(await ask("GET", "/")).toStartWith("HTTP/1.1 502 ");
});

test("a wildcard of a tenant's never takes the platform's own host", async () => {
  const tenant = await RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntenant");
  fixture.defer(() => tenant.stop());
  await workloads.serve(workload(["*.test"], [target(tenant.port)]));
  const askHost = (host: string) =>
    RawClient.ask(gateway.port, `GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await askHost("other.test")).toEndWith("tenant");
  expect(await askHost("platform.test")).toStartWith("HTTP/1.1 404 ");
});
