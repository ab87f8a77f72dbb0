import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Gateway } from "../src/index.ts";
import { Fixture, get } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat } from "./records.ts";
import { until } from "./until.ts";

let fixture: Fixture;
let gateway: Gateway;
let upstream: RawUpstream;

beforeAll(async () => {
  fixture = await Fixture.open();
  gateway = await fixture.gateway();
  upstream = await RawUpstream.start(
    ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  );
  fixture.defer(() => upstream.stop());
  await beat(fixture.redis, appRecord({ id: "all", baseUrl: upstream.baseUrl, routes: ["/"] }));
  await until("the app is routed", async () => (await get(gateway, "/")).status === 200);
});
afterAll(() => fixture.close());

const HOST = "Host: localhost\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** Each must be refused without anything of it reaching the upstream. */
const REFUSED: { name: string; bytes: string; status?: number }[] = [
  { name: "no Host", bytes: "GET /evil HTTP/1.1\r\n\r\n" },
  { name: "no Host on HTTP/1.0", bytes: "GET /evil HTTP/1.0\r\n\r\n" },
  { name: "two Hosts", bytes: `GET /evil HTTP/1.1\r\n${HOST}Host: other\r\n\r\n` },
  { name: "two equal Hosts", bytes: `GET /evil HTTP/1.1\r\n${HOST}${HOST}\r\n` },
  { name: "Host with userinfo", bytes: "GET /evil HTTP/1.1\r\nHost: localhost@evil\r\n\r\n" },
  { name: "Host with a path", bytes: "GET /evil HTTP/1.1\r\nHost: localhost/evil?x#y\r\n\r\n" },
  { name: "Host with a list", bytes: "GET /evil HTTP/1.1\r\nHost: localhost, evil\r\n\r\n" },
  { name: "Host with port 99999", bytes: "GET /evil HTTP/1.1\r\nHost: localhost:99999\r\n\r\n" },
  { name: "empty Host", bytes: "GET /evil HTTP/1.1\r\nHost:\r\n\r\n" },
  { name: "Host with a zone", bytes: "GET /evil HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n" },
  { name: "Host as a number", bytes: "GET /evil HTTP/1.1\r\nHost: 2130706433\r\n\r\n" },
  { name: "length and chunks", bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: 3\r\n${CHUNKED}\r\n0\r\n\r\n` },
  { name: "chunks and length", bytes: `POST /evil HTTP/1.1\r\n${HOST}${CHUNKED}Content-Length: 3\r\n\r\n0\r\n\r\n` },
  { name: "two lengths", bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd` },
  {
    name: "two equal lengths",
    bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  },
  { name: "a list of lengths", bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: 3, 3\r\n\r\nabc` },
  { name: "a signed length", bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc` },
  { name: "an empty length", bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: \r\n\r\n` },
  {
    name: "a length beyond numbers",
    bytes: `POST /evil HTTP/1.1\r\n${HOST}Content-Length: 99999999999999999999\r\n\r\n`,
  },
  { name: "two transfer codings", bytes: `POST /evil HTTP/1.1\r\n${HOST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n` },
  {
    name: "gzip, chunked",
    bytes: `POST /evil HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    status: 501,
  },
  {
    name: "xchunked",
    bytes: `POST /evil HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    status: 501,
  },
  {
    name: "chunked, identity",
    bytes: `POST /evil HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    status: 501,
  },
  { name: "chunks on HTTP/1.0", bytes: `POST /evil HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n` },
  { name: "space before the colon", bytes: `GET /evil HTTP/1.1\r\n${HOST}X-A : 1\r\n\r\n` },
  { name: "an empty header name", bytes: `GET /evil HTTP/1.1\r\n${HOST}: 1\r\n\r\n` },
  { name: "a folded header", bytes: `GET /evil HTTP/1.1\r\n${HOST}X-A: 1\r\n 2\r\n\r\n` },
  { name: "a NUL", bytes: `GET /evil HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n` },
  { name: "a bare CR", bytes: `GET /evil HTTP/1.1\r\n${HOST}X-A: a\rb\r\n\r\n` },
  { name: "absolute form", bytes: `GET http://evil/ HTTP/1.1\r\n${HOST}\r\n` },
  { name: "a path without slash", bytes: `GET evil HTTP/1.1\r\n${HOST}\r\n` },
  { name: "a fragment", bytes: `GET /evil#x HTTP/1.1\r\n${HOST}\r\n` },
  { name: "a space in the target", bytes: `GET /evil x HTTP/1.1\r\n${HOST}\r\n` },
  { name: "CONNECT", bytes: "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n" },
  { name: "OPTIONS *", bytes: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n` },
  { name: "a method in lower case", bytes: `get /evil HTTP/1.1\r\n${HOST}\r\n` },
  { name: "HTTP/2 preface", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
  { name: "HTTP/3.7", bytes: `GET /evil HTTP/3.7\r\n${HOST}\r\n`, status: 505 },
  { name: "TLS", bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" },
  { name: "noise", bytes: "\xff\xfe\0\0\r\n\r\n" },
  { name: "dot segments", bytes: `GET /a/../evil HTTP/1.1\r\n${HOST}\r\n` },
  { name: "encoded dot segments", bytes: `GET /a/%2e%2E/evil HTTP/1.1\r\n${HOST}\r\n` },
  { name: "backslash dot segments", bytes: `GET /a\\..\\evil HTTP/1.1\r\n${HOST}\r\n` },
  { name: "a huge head", bytes: `GET /evil HTTP/1.1\r\n${HOST}X-A: ${"a".repeat(40_000)}\r\n\r\n`, status: 431 },
];

test.each(REFUSED)("$name is refused and never passed on", async ({ bytes, status = 400 }) => {
  upstream.connections.length = 0;
  const client = await RawClient.connect(gateway.port);
  client.send(bytes);
  await client.waitFor("\r\n\r\n");
  expect(client.text).toStartWith(`HTTP/1.1 ${status} `);
  client.socket.destroy();
  expect(upstream.received).not.toMatch(/evil/i);
  expect((await get(gateway, "/")).status).toBe(200);
});

test.each([
  "/metrics",
  "/metrics/",
  "/metrics?x=1",
  "/readyz",
  "/internal",
  "/internal/secrets",
  "/INTERNAL/secrets",
  "/%69nternal/secrets",
  "//internal/secrets",
  "/internal%2fsecrets",
  "/\\internal/secrets",
])("%s is not routed outside", async (path) => {
  upstream.connections.length = 0;
  const answer = await RawClient.ask(gateway.port, `GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  expect(answer).toStartWith("HTTP/1.1 404 ");
  expect(upstream.received).toBe("");
});

test("a broken chunk in mid-upload ends both sides", async () => {
  upstream.connections.length = 0;
  const client = await RawClient.connect(gateway.port);
  client.send(`POST /chunks HTTP/1.1\r\n${HOST}${CHUNKED}\r\n3\r\nabc\r\nzz\r\n`);
  await client.closed();
  await until("the upstream lets go", () =>
    upstream.connections.every((connection) => connection.isClosed || connection.received === ""),
  );
});

test.each([
  { name: "a broken request", bytes: "\0\0garbage\r\n\r\n" },
  {
    name: "a WebSocket handshake",
    bytes: `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
  },
])("$name behind a request that is still being answered does not get into that answer", async ({ bytes }) => {
  let release = () => undefined as unknown;
  const slow = await RawUpstream.start(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    release = () => socket.write("-last");
  });
  fixture.defer(() => slow.stop());
  const prefix = `/slow-${slow.port}`;
  await beat(fixture.redis, appRecord({ id: `slow-${slow.port}`, baseUrl: slow.baseUrl, routes: [prefix] }));
  await until("the app is routed", async () => {
    const client = await RawClient.connect(gateway.port);
    client.send(`GET ${prefix} HTTP/1.1\r\n${HOST}\r\n`);
    await client.waitFor("\r\n\r\n");
    client.socket.destroy();
    return slow.connections.length > 0;
  });
  const client = await RawClient.connect(gateway.port);
  client.send(`GET ${prefix} HTTP/1.1\r\n${HOST}\r\n`);
  await client.waitFor("first");
  client.send(bytes);
  release();
  await until("the answer is whole or cut", () => client.isClosed || client.text.endsWith("first-last"));
  expect(client.text.split("\r\n\r\n")[1]).toMatch(/^(first|first-last(HTTP\/1\.1 \d{3} .*)?)$/s);
  client.socket.destroy();
});

test("two thousand random inputs leave the gateway serving", async () => {
  const parts = [
    "GET ",
    "/",
    " HTTP/1.1",
    "\r\n",
    HOST,
    CHUNKED,
    "Content-Length: 5\r\n",
    "\r\n\r\n",
    "\0",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "Upgrade: websocket\r\nConnection: upgrade\r\n",
    "Expect: 100-continue\r\n",
    "\xff",
    "POST ",
  ];
  const random = (below: number) => Math.floor(Math.random() * below);
  const attack = async () => {
    const client = await RawClient.connect(gateway.port);
    client.send(Array.from({ length: 1 + random(12) }, () => parts[random(parts.length)]).join(""));
    await Bun.sleep(0);
    client.socket.destroy();
  };
  for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 20 }, attack));
  expect((await get(gateway, "/")).status).toBe(200);
}, 20_000);
