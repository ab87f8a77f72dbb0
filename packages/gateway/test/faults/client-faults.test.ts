import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import net from "node:net";
import { RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { flood } from "./bad-upstream.ts";
import { Crowd } from "./crowd.ts";
import { FaultBed } from "./fault-bed.ts";
import { areHeldBack, takenBytes } from "./held-back.ts";

setDefaultTimeout(60_000);

const HEAD_MS = 2_000;
const BODY_IDLE_MS = 4_000;
const RESPONSE_MS = 800;
/** How long the gateway goes on reading behind an error, so that the client gets to see it. */
const LINGER_MS = 1_000;
/** What a limit may be late by, on a machine that does other things too. */
const LATE_MS = 3_000;
/** More than the kernel's buffers between an upstream and a client hold. */
const LARGE = Buffer.alloc(40_000_000, "large");
/** Clients that misbehave come from here, the neighbour's from 127.0.0.1. */
const ELSEWHERE = "127.0.0.2";
const CONNECTIONS_PER_CLIENT = 300;

const requestOf = (line: string, ...lines: string[]) =>
  Buffer.from([`${line} HTTP/1.1`, "Host: app.localhost", ...lines, "", ""].join("\r\n"));
const WHOLE = requestOf("GET /");

let bed: FaultBed;
let upstream: RawUpstream;
/** The upstream's connections with a request that is not answered at once. */
let slow: net.Socket[];
let crowd: Crowd;

beforeAll(async () => {
  bed = await FaultBed.open({
    timeouts: { headMs: HEAD_MS, bodyIdleMs: BODY_IDLE_MS },
    limits: { connectionsPerClient: CONNECTIONS_PER_CLIENT },
  });
  upstream = await RawUpstream.start((connection) => {
    const { socket, received } = connection;
    if (received.startsWith("POST ") && !slow.includes(socket)) slow.push(socket); // it waits for the rest, which never comes
    if (!received.endsWith("\r\n\r\n")) return;
    connection.received = "";
    if (received.startsWith("GET /large")) {
      slow.push(socket);
      sendLarge(socket);
    } else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  bed.fixture.defer(() => upstream.stop());
  await bed.serve("app.localhost", upstream.port, { responseTimeoutMs: RESPONSE_MS });
});
afterAll(() => bed.close());
beforeEach(async () => {
  crowd = new Crowd(bed.gateway.port, ELSEWHERE);
  slow = [];
  await bed.begin();
});
afterEach(() => {
  crowd.leave();
  bed.hangUp();
});

/** No faster than it is read. */
function sendLarge(socket: net.Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n`);
  let at = 0;
  const push = () => {
    while (at < LARGE.length) {
      const part = LARGE.subarray(at, at + 64 * 1024);
      at += part.length;
      if (!socket.write(part)) return;
    }
    socket.off("drain", push);
  };
  socket.on("drain", push);
  push();
}

test("200 clients that send a byte of a head per second get 408 when its time is over, with a whole request before or without", async () => {
  const [fresh, known] = [await crowd.join(100), await crowd.join(100)];
  for (const member of known) member.send(WHOLE);
  await until("their first request is answered", () => known.every(({ last }) => last.toString().endsWith("ok")));
  const startedAt = performance.now();
  let sent = 0;
  const drop = () => {
    for (const member of [...fresh, ...known]) member.send(WHOLE.subarray(sent, sent + 1));
    sent++;
  };
  drop();
  const drops = setInterval(drop, 1_000); // the pace is what is tested
  await crowd.ended(HEAD_MS + LATE_MS);
  clearInterval(drops);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(HEAD_MS);
  for (const { last } of crowd.members) expect(last.toString()).toStartWith("HTTP/1.1 408 ");
  expect(await bed.harm()).toEqual([]);
});

test("clients that do not read their answer hold back its upstream; they get the rest when they read, and are cut when they never do", async () => {
  const members = await crowd.join(40);
  for (const member of members) {
    member.socket?.pause();
    member.send(requestOf("GET /large"));
  }
  await until("the upstream is held back", async () => slow.length === 40 && (await areHeldBack(slow)));
  for (const socket of slow) expect(takenBytes(socket)).toBeLessThan(LARGE.length);
  expect(await bed.harm()).toEqual([]);
  const [late, never] = [members.slice(0, 3), members.slice(3)];
  for (const { socket } of late) socket?.resume();
  await until("who reads has all of it", () => late.every(({ receivedBytes }) => receivedBytes > LARGE.length));
  await until("the upstream is let go", () => slow.every(({ destroyed }) => destroyed), BODY_IDLE_MS + LATE_MS);
  for (const { socket } of never) socket?.resume();
  await until("who never read is cut off", () => never.every(({ end }) => end === "ECONNRESET"));
  for (const { receivedBytes } of never) expect(receivedBytes).toBeLessThan(LARGE.length);
  expect(await bed.harm()).toEqual([]);
});

test("a flood of header lines gets 431, and is cut when it goes on regardless", async () => {
  const floods = Array.from({ length: 10 }, () => {
    const socket = net.connect({ port: bed.gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    const heard: Buffer[] = [];
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => void heard.push(chunk));
    socket.write("GET / HTTP/1.1\r\nHost: app.localhost\r\n");
    flood(socket, `X-Flood: ${"a".repeat(50)}\r\n`);
    return { socket, heard };
  });
  await until("all of them have ended", () => floods.every(({ socket }) => socket.destroyed), LINGER_MS + LATE_MS);
  for (const { heard } of floods) expect(Buffer.concat(heard).toString()).toStartWith("HTTP/1.1 431 ");
  expect(await bed.harm()).toEqual([]);
});

test("uploads that stand still get 408, and their upstream is let go", async () => {
  const members = await crowd.join(100);
  for (const member of members) {
    member.send(Buffer.concat([requestOf("POST /", `Content-Length: ${LARGE.length}`), LARGE.subarray(0, 1_000)]));
  }
  await crowd.ended(RESPONSE_MS + LATE_MS);
  for (const { last } of members) expect(last.toString()).toStartWith("HTTP/1.1 408 ");
  await until("the upstream is let go", () => slow.every(({ destroyed }) => destroyed));
  expect(slow).toHaveLength(100);
  expect(await bed.harm()).toEqual([]);
});

test("a client that has as many connections as it may gets no further one, others do, and so does it when one has ended", async () => {
  const areServed = async (count: number): Promise<number> => {
    const members = await crowd.join(count);
    for (const member of members) member.send(WHOLE);
    await until("all are served or cut off", () =>
      members.every(({ end, receivedBytes }) => end !== null || receivedBytes > 0),
    );
    return members.filter(({ receivedBytes }) => receivedBytes > 0).length;
  };
  expect(await areServed(CONNECTIONS_PER_CLIENT)).toBe(CONNECTIONS_PER_CLIENT);
  expect(await areServed(50)).toBe(0);
  expect(await bed.harm()).toEqual([]);
  for (const { socket } of crowd.members.slice(0, 10)) socket?.end();
  await until("it has room for ten", async () => (await areServed(1)) === 1);
  expect(await areServed(9)).toBe(9);
  expect(await areServed(1)).toBe(0);
});
