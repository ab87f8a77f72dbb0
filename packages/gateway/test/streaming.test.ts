import { afterAll, beforeAll, expect, test } from "bun:test";
import { Fixture } from "./fixture.ts";
import { freePort, GatewayProcess } from "./gateway-process.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat } from "./records.ts";
import { until } from "./until.ts";

const MIB = 1024 * 1024;
const TRANSFER_MIB = 200;
/** What a transfer may add to the gateway's memory: buffers of two sockets and what the collector has not yet taken. */
const ALLOWED_GROWTH_MIB = 64;

let fixture: Fixture;
let gateway: GatewayProcess;

beforeAll(async () => {
  fixture = await Fixture.open();
  const env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  gateway = await GatewayProcess.start(fixture, env, await freePort());
});
afterAll(() => fixture.close());

let apps = 0;
async function serve(upstream: RawUpstream): Promise<string> {
  fixture.defer(() => upstream.stop());
  const prefix = `/stream-${++apps}`;
  await beat(fixture.redis, appRecord({ id: `stream-${apps}`, baseUrl: upstream.baseUrl, routes: [prefix] }));
  await until("the app is routed", async () => {
    const health = await fetch(`http://127.0.0.1:${gateway.port}/healthz`);
    return ((await health.json()) as { routes: number }).routes === apps;
  });
  return prefix;
}

async function growthMiB(act: () => Promise<void>): Promise<number> {
  const before = await gateway.residentMiB();
  await act();
  return (await gateway.residentMiB()) - before;
}

test("an event arrives while the response is open, and so does the next one", async () => {
  const upstream = await RawUpstream.start(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  });
  const path = await serve(upstream);
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
  expect(response.headers.get("content-type")).toBe("text/event-stream"); // the head is here before any event
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (const event of ["data: one\n\n", "data: two\n\n"]) {
    upstream.connections[0]?.socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
    expect(await reader?.read()).toEqual({ done: false, value: event });
  }
  await reader?.cancel();
  await until("the upstream sees that the reader is gone", () => upstream.connections[0]?.isClosed === true);
});

test("a thousand open event streams all get their event", async () => {
  const upstream = await RawUpstream.start(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n");
  });
  const path = await serve(upstream);
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => RawClient.connect(gateway.port)));
  for (const client of clients) client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await until("everyone got it", () => clients.every((client) => client.text.includes("data: hello")), 20_000);
  for (const client of clients) client.socket.destroy();
  await until("the upstream is rid of them", () => upstream.connections.every(({ isClosed }) => isClosed), 20_000);
}, 45_000);

test("200 MB to a client that does not read don't pile up in memory, and all of them arrive when it does", async () => {
  const block = Buffer.alloc(MIB, "x");
  const upstream = await RawUpstream.start(({ socket }) => {
    let left = TRANSFER_MIB;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TRANSFER_MIB * MIB}\r\n\r\n`);
    const push = () => {
      while (left > 0) {
        left--;
        if (!socket.write(block)) return;
      }
    };
    socket.on("drain", push);
    push();
  });
  const path = await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  const growth = await growthMiB(async () => {
    client.socket.pause();
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await until("the upstream is held back", () => isHeldBack(upstream));
  });
  expect(growth).toBeLessThan(ALLOWED_GROWTH_MIB);
  client.socket.resume();
  await until("all of it arrives", () => client.receivedBytes > TRANSFER_MIB * MIB, 20_000);
}, 30_000);

test("200 MB to an upstream that does not read don't pile up in memory", async () => {
  const upstream = await RawUpstream.start(({ socket }) => void socket.pause());
  const path = await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  const growth = await growthMiB(async () => {
    client.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${TRANSFER_MIB * MIB}\r\n\r\n`);
    for (let i = 0; i < TRANSFER_MIB; i++) client.socket.write(Buffer.alloc(MIB));
    await until("the client is held back", () =>
      isStill(() => client.socket.bytesWritten - client.socket.writableLength),
    );
  });
  expect(growth).toBeLessThan(ALLOWED_GROWTH_MIB);
  expect(client.socket.writableLength).toBeGreaterThan((TRANSFER_MIB / 2) * MIB);
  client.socket.destroy();
  upstream.connections[0]?.socket.resume();
}, 30_000);

test("200 MB through a WebSocket to a client that does not read don't pile up in memory", async () => {
  const block = Buffer.alloc(MIB, "x");
  const upstream = await RawUpstream.start(({ socket }) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    let left = TRANSFER_MIB;
    const push = () => {
      while (left > 0) {
        left--;
        if (!socket.write(block)) return;
      }
      socket.end();
    };
    socket.on("drain", push);
    push();
  });
  const path = await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  const growth = await growthMiB(async () => {
    client.socket.pause();
    client.send(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await until("the upstream is held back", () => isHeldBack(upstream));
  });
  expect(growth).toBeLessThan(ALLOWED_GROWTH_MIB);
  client.socket.resume();
  await until("all of it arrives, also what was under way when the upstream closed", () => client.isClosed, 20_000);
  expect(client.receivedBytes).toBeGreaterThan(TRANSFER_MIB * MIB);
  expect(client.end).toBe("FIN");
}, 30_000);

test("an answer before the upload is complete reaches the client", async () => {
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.length > 300_000 && socket.writable)
      socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
  });
  const path = await serve(upstream);
  const client = await RawClient.connect(gateway.port);
  client.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${TRANSFER_MIB * MIB}\r\n\r\n`);
  for (let i = 0; i < 50; i++) client.socket.write(Buffer.alloc(MIB));
  await client.waitFor("413 Too Large");
  await client.closed(); // it never sends the rest
});

/** Whether the upstream's socket has more to send and nothing moves. */
const isHeldBack = (upstream: RawUpstream) => {
  const socket = upstream.connections[0]?.socket;
  return socket === undefined ? Promise.resolve(false) : isStill(() => socket.bytesWritten - socket.writableLength);
};

/** Whether a counter of bytes is above zero and the same a good while later. */
async function isStill(count: () => number): Promise<boolean> {
  const before = count();
  await Bun.sleep(300);
  return before > 0 && count() === before;
}
