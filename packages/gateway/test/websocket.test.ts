import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { ServerWebSocket } from "bun";
import type { Gateway } from "../src/index.ts";
import { Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { until } from "./until.ts";

const MIB = 1024 * 1024;
const HANDSHAKE = [
  "GET /socket?room=1 HTTP/1.1",
  "Host: ws.localhost",
  "Connection: keep-alive, Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const handshake = (...lines: string[]) => `${[...HANDSHAKE, ...lines].join("\r\n")}\r\n\r\n`;
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

let fixture: Fixture;
let gateway: Gateway;
let workloads: WorkloadServer;

beforeAll(async () => {
  fixture = await Fixture.open();
  const dataDir = await fixture.folder();
  gateway = await fixture.gateway({ dataDir, timeouts: { responseMs: 500, bodyIdleMs: 300 } });
  workloads = new WorkloadServer(fixture, dataDir);
});
afterAll(() => fixture.close());

/** A real WebSocket server: echoes, and does what the messages "close" and "die" say. */
async function serveEcho(): Promise<{ sockets: ServerWebSocket<undefined>[]; pings: number[]; requests: Request[] }> {
  const seen = { sockets: [] as ServerWebSocket<undefined>[], pings: [] as number[], requests: [] as Request[] };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      seen.requests.push(request);
      const offersChat = request.headers.get("sec-websocket-protocol")?.includes("chat.v2") ?? false;
      const headers = { "X-From-Upstream": "yes", ...(offersChat ? { "Sec-WebSocket-Protocol": "chat.v2" } : {}) };
      return server.upgrade(request, { headers }) ? undefined : new Response("no WebSocket", { status: 426 });
    },
    websocket: {
      maxPayloadLength: 64 * MIB,
      open: (socket) => void seen.sockets.push(socket),
      message(socket, message) {
        if (message === "close") socket.close(4001, "enough");
        else if (message === "die") socket.terminate();
        else socket.send(message);
      },
      ping: (_socket, data) => void seen.pings.push(data.length),
    },
  });
  fixture.defer(() => server.stop(true));
  await workloads.serve(workload(["ws.localhost"], [target(server.port ?? 0)]));
  return seen;
}

async function serveRaw(upstream: RawUpstream): Promise<RawUpstream> {
  fixture.defer(() => upstream.stop());
  await workloads.serve(workload(["ws.localhost"], [target(upstream.port)]));
  return upstream;
}

/** The program's types describe a browser's WebSocket, which has no headers and no ping; the one that runs is Bun's. */
const BunWebSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => Bun.WebSocket;

type Client = { socket: Bun.WebSocket; messages: (string | ArrayBuffer)[]; closed: Promise<CloseEvent> };

async function connect(protocols: string[] = []): Promise<Client> {
  const options = { protocols, headers: { Host: "ws.localhost", Cookie: "session=1" } };
  const socket = new BunWebSocket(`ws://127.0.0.1:${gateway.port}/socket?room=1`, options);
  socket.binaryType = "arraybuffer";
  const messages: Client["messages"] = [];
  socket.onmessage = (event) => void messages.push(event.data);
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onclose = closed.resolve;
  await until("the WebSocket is open", () => socket.readyState === WebSocket.OPEN);
  return { socket, messages, closed: closed.promise };
}

test("subprotocol, path, cookies and handshake headers pass in both directions", async () => {
  const seen = await serveEcho();
  const { socket, messages } = await connect(["chat.v1", "chat.v2"]);
  expect(socket.protocol).toBe("chat.v2");
  socket.send("hello");
  await until("the echo arrives", () => messages.includes("hello"));
  const [request] = seen.requests;
  expect(request?.url).toEndWith("/socket?room=1");
  expect(request?.headers.get("sec-websocket-protocol")).toBe("chat.v1, chat.v2");
  expect(request?.headers.get("cookie")).toBe("session=1");
  expect(request?.headers.get("x-forwarded-host")).toBe("ws.localhost");
  socket.close();

  const raw = await RawClient.connect(gateway.port);
  raw.send(handshake("X-Forwarded-For: 6.6.6.6"));
  await raw.waitFor("\r\n\r\n");
  expect(raw.text).toStartWith("HTTP/1.1 101 Switching Protocols\r\n");
  expect(raw.text).toMatch(/\r\nX-From-Upstream: yes\r\n/i);
  expect(raw.text).toMatch(/\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  expect(seen.requests.at(-1)?.headers.get("x-forwarded-for")).toBe("127.0.0.1");
  raw.socket.destroy();
});

test("close codes and reasons pass in both directions, and a death without a word is no clean close", async () => {
  const seen = await serveEcho();
  const first = await connect();
  first.socket.send("close");
  expect(await first.closed).toMatchObject({ code: 4001, reason: "enough" });

  const second = await connect();
  second.socket.send("die");
  expect(await second.closed).toMatchObject({ code: 1006 });

  const third = await connect();
  third.socket.close(4002, "client is done");
  await until("the upstream's socket is closed", () =>
    seen.sockets.every((socket) => socket.readyState === WebSocket.CLOSED),
  );
});

test("a message of 16 MB passes whole, and pings reach the upstream", async () => {
  const seen = await serveEcho();
  const { socket, messages } = await connect();
  const big = randomBytes(16 * MIB);
  socket.ping("hi");
  socket.send(big);
  await until("the big message is back", () => messages.length === 1);
  expect(Buffer.compare(Buffer.from(messages[0] as ArrayBuffer), big)).toBe(0);
  expect(seen.pings).toEqual([2]);
  socket.close();
});

test("frames sent before the upstream agreed arrive in order, and not more of them than fit a bound", async () => {
  const early = Buffer.alloc(8 * MIB);
  for (let offset = 0; offset < early.length; offset += 4) early.writeUInt32BE(offset, offset);
  let agree = () => undefined as unknown;
  const chunks: Buffer[] = [];
  const upstream = await RawUpstream.start(({ socket, received }) => {
    if (!received.endsWith("\r\n\r\n")) return;
    agree = () => {
      socket.removeAllListeners("data");
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.write(SWITCHED);
    };
  });
  await serveRaw(upstream);
  const client = await RawClient.connect(gateway.port);
  client.send(Buffer.concat([Buffer.from(handshake()), early]));
  await until("the handshake is at the upstream", () => upstream.received.endsWith("\r\n\r\n"));
  expect(client.socket.writableLength).toBeGreaterThan(0); // the rest still waits at the client
  agree();
  await until("everything arrived", () => chunks.reduce((sum, chunk) => sum + chunk.length, 0) === early.length);
  expect(Buffer.compare(Buffer.concat(chunks), early)).toBe(0);
  client.socket.destroy();
});

test("a silent socket is not cut by any idle limit", async () => {
  await serveEcho();
  const { socket, messages } = await connect();
  await Bun.sleep(1_000); // longer than every limit this gateway was started with
  socket.send("still here");
  await until("the echo arrives", () => messages.includes("still here"));
  socket.close();
});

test("a client that vanishes closes the upstream's socket", async () => {
  const seen = await serveEcho();
  const raw = await RawClient.connect(gateway.port);
  raw.send(handshake());
  await until("the upstream has the socket", () => seen.sockets.length === 1);
  raw.socket.resetAndDestroy();
  await until("the upstream's socket is closed", () => seen.sockets[0]?.readyState === WebSocket.CLOSED);
});

test("a refused handshake is answered as the upstream says, and nothing sent after it reaches the upstream", async () => {
  const upstream = await serveRaw(
    await RawUpstream.answering(
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 5\r\n\r\nlogin",
    ),
  );
  const client = await RawClient.connect(gateway.port);
  client.send(`${handshake()}GET /internal/secret HTTP/1.1\r\nHost: ws.localhost\r\n\r\n`);
  await client.closed();
  expect(client.text).toStartWith("HTTP/1.1 401 Unauthorized\r\n");
  expect(client.text).toContain("Connection: close");
  expect(client.text).toEndWith("login");
  expect(upstream.received).not.toContain("/internal");
});

test("handshakes that can't be passed on get an error page and a closed connection", async () => {
  await workloads.serve(workload(["ws.localhost"], []));
  expect(await RawClient.ask(gateway.port, handshake())).toStartWith("HTTP/1.1 503 ");
  await workloads.serve();
  expect(await RawClient.ask(gateway.port, handshake())).toStartWith("HTTP/1.1 404 ");
  const dead = await RawUpstream.start(() => undefined);
  await workloads.serve(workload(["ws.localhost"], [target(dead.port)]));
  expect(await RawClient.ask(gateway.port, handshake())).toStartWith("HTTP/1.1 504 ");
  dead.stop();
  expect(await RawClient.ask(gateway.port, handshake())).toStartWith("HTTP/1.1 502 ");
  expect(await RawClient.ask(gateway.port, handshake("Content-Length: 5"))).toStartWith("HTTP/1.1 400 ");
  expect(await RawClient.ask(gateway.port, handshake("Host: second.localhost"))).toStartWith("HTTP/1.1 400 ");
});

test("a socket whose first instance is dead is opened at another one", async () => {
  const dead = await RawUpstream.start(() => undefined);
  dead.stop();
  const living = await RawUpstream.answering(SWITCHED);
  fixture.defer(() => living.stop());
  await workloads.serve(workload(["ws.localhost"], [target(dead.port), target(living.port)]));
  for (let i = 0; i < 4; i++) {
    const client = await RawClient.connect(gateway.port);
    client.send(handshake());
    await client.waitFor("101 Switching Protocols");
    client.socket.destroy();
  }
});
