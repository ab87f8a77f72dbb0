import { afterAll, expect, test } from "bun:test";
import type { ClientConnection } from "../src/plane/client-connection.ts";
import { Compressor } from "../src/policies/compression.ts";
import { PASS, type PolicyOutcome } from "../src/policies/policy-request.ts";
import { BarePlane, MadeUpSocket, TIMEOUTS } from "./bare-plane.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { until } from "./until.ts";

const KIB = 1024;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const EVENT = "data: 1\n\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

const upstreams: RawUpstream[] = [];
afterAll(() => {
  for (const upstream of upstreams) upstream.stop();
});

async function start(onData: Parameters<typeof RawUpstream.start>[0]) {
  const upstream = await RawUpstream.start(onData);
  upstreams.push(upstream);
  return { upstream, address: { kind: "tcp" as const, host: "127.0.0.1", port: upstream.port } };
}

function connect(plane: BarePlane) {
  const socket = new MadeUpSocket();
  return { socket, client: plane.connect(socket) };
}

const bytes = (text: string) => Buffer.from(text, "latin1");
const requestOf = (line: string, ...lines: string[]) =>
  bytes([line, "Host: app.localhost", ...lines, "\r\n"].join("\r\n"));

function residentBytes(): number {
  Bun.gc(true);
  return process.memoryUsage.rss();
}

/** A policy that lets pass when it is told to. */
function slowPolicy() {
  const { promise, resolve } = Promise.withResolvers<PolicyOutcome>();
  const apply = (): PolicyOutcome => ({ kind: "wait", outcome: promise });
  return { policy: { rules: {}, apply, recheck: () => PASS }, letPass: () => resolve(PASS) };
}

test("a client whose long body came while a policy waited is listened to afterwards, so that its end is noticed", async () => {
  const length = 70 * KIB;
  const { upstream, address } = await start(({ socket, received }) => {
    if (received.endsWith("end")) socket.write(`${EVENTS}\r\n${EVENT}`);
  });
  const { policy, letPass } = slowPolicy();
  const { socket, client } = connect(new BarePlane(address, policy));
  client.received(requestOf("POST / HTTP/1.1", `Content-Length: ${length}`));
  client.received(Buffer.alloc(60 * KIB, "x"));
  client.received(bytes(`${"x".repeat(10 * KIB - 3)}end`));
  expect(socket.isPaused).toBe(true); // more than that is not kept for a request that may be refused
  letPass();
  await until("the events come", () => socket.text.endsWith(EVENT));
  expect(upstream.received).toEndWith("xend");
  expect(socket.isPaused).toBe(false);
  client.closed(true);
});

test("a request that a policy held up goes to who is ready when it passes", async () => {
  const old = await start(({ socket }) => void socket.write(OK));
  const fresh = await start(({ socket }) => void socket.write(OK));
  const { policy, letPass } = slowPolicy();
  const plane = new BarePlane(old.address, policy);
  const { socket, client } = connect(plane);
  client.received(requestOf("GET / HTTP/1.1"));
  plane.serve(fresh.address);
  letPass();
  await until("it is answered", () => socket.text.includes("200 OK"));
  expect([old.upstream.received, fresh.upstream.received.slice(0, 5)]).toEqual(["", "GET /"]);
  client.closed(true);
});

test("a body in chunks of one byte reaches an HTTP/1.0 client in a few pieces, not in one for each", async () => {
  const count = 20_000;
  const { address } = await start(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(count)}0\r\n\r\n`);
  });
  const { socket, client } = connect(new BarePlane(address));
  client.received(requestOf("GET / HTTP/1.0"));
  await until("it ends", () => socket.isClosed);
  expect(socket.text).toEndWith(`\r\n\r\n${"x".repeat(count)}`);
  expect(socket.pieces.length).toBeLessThan(count / 100);
});

test.each(["1.0", "1.1"])("events behind a sign-in are asked about again, for HTTP/%s too", async (version) => {
  const { address } = await start(({ socket }) => {
    socket.write(`${EVENTS}Transfer-Encoding: chunked\r\n\r\n9\r\n${EVENT}\r\n`);
  });
  const policy = { rules: { signIn: {} }, apply: () => PASS, recheck: () => PASS };
  const { socket, client } = connect(new BarePlane(address, policy));
  client.received(requestOf(`GET / HTTP/${version}`));
  await until("the events come", () => socket.text.includes(EVENT));
  expect(client.recheckAt).toBeFinite();
  client.closed(true);
});

test.each([
  { name: "an event stream", answer: `${EVENTS}\r\n${EVENT}`, lines: [] },
  { name: "a WebSocket", answer: SWITCHED, lines: ["Connection: Upgrade", "Upgrade: websocket"] },
])("who opened $name and vanished without a word is found out by the kernel", async ({ answer, lines }) => {
  const { address } = await start(({ socket }) => void socket.write(answer));
  const { socket, client } = connect(new BarePlane(address));
  client.received(requestOf("GET / HTTP/1.1", ...lines));
  await until("it is open", () => socket.text !== "");
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(socket.probedAfterMs).toBe(60_000);
  client.closed(true);
});

test("a WebSocket that stands still, since its target does not read, is given up in time, and not when it is silent", async () => {
  const { upstream, address } = await start(({ socket, received }) => {
    if (!received.endsWith("\r\n\r\n")) return;
    socket.write(SWITCHED);
    socket.pause();
  });
  const plane = new BarePlane(address);
  const { socket, client } = connect(plane);
  client.received(requestOf("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"));
  await until("it is open", () => socket.text !== "");
  for (let sent = 0; sent < 64 && !client.isPaused; sent++) client.received(Buffer.alloc(1024 * KIB));
  expect(client.isPaused).toBe(true);
  expect(client.deadline).toBe(plane.nowMs + TIMEOUTS.bodyIdleMs);
  upstream.connections[0]?.socket.resume();
  await until("it moves again", () => !socket.isPaused);
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
  client.closed(true);
});

test("an event stream that is not read is given up in time, and not when it is silent", async () => {
  const { address } = await start(({ socket }) => void socket.write(`${EVENTS}\r\n${EVENT}`));
  const plane = new BarePlane(address);
  const { socket, client } = connect(plane);
  socket.takesBytes = false;
  client.received(requestOf("GET / HTTP/1.1"));
  await until("it is on its way", () => !client.isFlushed);
  expect(client.deadline).toBe(plane.nowMs + TIMEOUTS.bodyIdleMs);
  socket.takesBytes = true;
  client.drained();
  expect(socket.text).toEndWith(EVENT);
  expect(client.deadline).toBe(Number.POSITIVE_INFINITY);
  client.closed(true);
});

test("an event stream does not hold on to the long request that asked for it", async () => {
  const { address } = await start((connection) => {
    if (!connection.received.endsWith("end")) return;
    connection.received = ""; // it would be counted too
    connection.socket.write(`${EVENTS}\r\n${EVENT}`);
  });
  const plane = new BarePlane(address);
  const length = 400 * KIB;
  const open = async () => {
    const { socket, client } = connect(plane);
    const body = "x".repeat(length - 3);
    client.received(Buffer.concat([requestOf("POST / HTTP/1.1", `Content-Length: ${length}`), bytes(`${body}end`)]));
    await until("the events come", () => socket.text.endsWith(EVENT));
    return client;
  };
  for (let warmUp = 0; warmUp < 50; warmUp++) (await open()).closed(true);
  const before = residentBytes();
  const clients: ClientConnection[] = [];
  while (clients.length < 100) clients.push(await open());
  expect(residentBytes() - before).toBeLessThan((clients.length * length) / 2);
  for (const client of clients) client.closed(true);
});

test("a target that has no address is a bad gateway, and nothing stays on it", async () => {
  const plane = new BarePlane({ kind: "tcp", host: "", port: 80 });
  const { socket, client } = connect(plane);
  client.received(requestOf("GET / HTTP/1.1"));
  await until("it is answered", () => socket.text.includes("HTTP/1.1 599 "));
  expect(plane.upstream?.outstanding).toBe(0);
  client.closed(true);
});

test("each piece of an upload begins the time for the next, by the clock and not by the last sweep", async () => {
  const { upstream, address } = await start(() => undefined);
  const plane = new BarePlane(address);
  const { client } = connect(plane);
  client.received(requestOf("POST / HTTP/1.1", "Content-Length: 10"));
  await until("it is on its way", () => upstream.received !== "");
  plane.nowMs += 900;
  client.received(bytes("piece"));
  expect(client.deadline).toBe(plane.nowMs + TIMEOUTS.responseMs);
  client.closed(true);
});

test("an answer that has begun before its upload's end is not held to the time for its beginning", async () => {
  const { upstream, address } = await start(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
  });
  const plane = new BarePlane(address);
  const { socket, client } = connect(plane);
  client.received(requestOf("POST / HTTP/1.1", "Content-Length: 4"));
  await until("it has begun", () => socket.text.endsWith("first"));
  client.received(bytes("body"));
  expect(client.deadline).toBe(plane.nowMs + TIMEOUTS.bodyIdleMs);
  upstream.connections[0]?.socket.write("-last");
  await until("it is whole", () => socket.text.endsWith("first-last"));
  client.closed(true);
});

test("a compressed answer that is read slowly is not held to the time for its beginning", async () => {
  const text = "some text ".repeat(1_000);
  const { address } = await start(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  });
  const policy = { rules: { compress: true }, apply: () => PASS, recheck: () => PASS };
  const plane = new BarePlane(address, policy);
  const { socket, client } = connect(plane);
  socket.takesBytes = false;
  client.received(requestOf("GET / HTTP/1.1", "Accept-Encoding: gzip"));
  await until("it is on its way", () => Compressor.openCount === 1);
  expect(client.deadline).toBe(plane.nowMs + TIMEOUTS.bodyIdleMs);
  socket.takesBytes = true;
  client.drained();
  await until("it is whole", () => socket.text.endsWith("\r\n0\r\n\r\n"));
  client.closed(true);
});

test("who is refused in the middle of sending has a second to read why, by the clock and not by the last sweep", async () => {
  const { upstream, address } = await start(() => undefined);
  const plane = new BarePlane(address);
  const { socket, client } = connect(plane);
  client.received(requestOf("POST / HTTP/1.1", "Transfer-Encoding: chunked"));
  await until("it is on its way", () => upstream.received !== "");
  plane.nowMs += 900;
  client.received(bytes("no chunk"));
  expect(socket.text).toStartWith("HTTP/1.1 599 ");
  expect(socket.isClosed).toBe(false);
  expect(client.deadline).toBe(plane.nowMs + 1_000);
  client.closed(true);
});
