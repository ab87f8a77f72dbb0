import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Fixture, get } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { appRecord, beat } from "./records.ts";
import { until } from "./until.ts";

/** Of one target: MAX_CONNECTIONS in upstream.ts. */
const CONNECTIONS = 2_048;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await Fixture.open();
});
afterAll(() => fixture.close());

/** An app on a unix socket that answers `/app/ready` only, and counts what else is asked. */
function serveApp(unix: string) {
  const app = { requests: 0, webSocket: null as Bun.Socket | null };
  const server = Bun.listen({
    unix,
    socket: {
      data(socket, chunk) {
        const request = chunk.toString("latin1");
        if (request.startsWith("GET /app/ready ")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        else app.requests++;
        if (request.includes("Upgrade: websocket")) app.webSocket = socket;
      },
    },
  });
  return { app, server };
}

test("when a WebSocket opens and makes room, and who waited finds the app gone, each gets its own answer", async () => {
  const gateway = await fixture.gateway({
    limits: { connectionsPerClient: 2 * CONNECTIONS },
    timeouts: { connectMs: 60_000 },
  });
  const unix = join(await fixture.folder(), "app.sock");
  const { app, server } = serveApp(unix);
  await beat(fixture.redis, appRecord({ id: "app", baseUrl: `unix:${unix}`, routes: ["/app"] }));
  await until("the app is routed", async () => (await get(gateway, "/app/ready")).status === 200);
  const clients: RawClient[] = [];
  const ask = async (...lines: string[]) => {
    const client = await RawClient.connect(gateway.port);
    clients.push(client);
    client.send(`GET /app/x HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
    return client;
  };
  const webSocket = await ask("Connection: Upgrade", "Upgrade: websocket");
  while (clients.length < CONNECTIONS) {
    const count = Math.min(128, CONNECTIONS - clients.length);
    await Promise.all(Array.from({ length: count }, () => ask()));
    await until("they are there", () => app.requests === clients.length);
  }
  const inLine = await ask();
  expect((await get(gateway, "/healthz")).status).toBe(200); // by now its request was read
  server.stop(false);
  await rm(unix, { force: true });
  app.webSocket?.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
  await webSocket.waitFor("hello");
  await inLine.waitFor("HTTP/1.1 502 ");
  expect(app.requests).toBe(CONNECTIONS);
  expect(webSocket.text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[^{]*\r\n\r\nhello$/);
  for (const { socket } of clients) socket.destroy();
}, 30_000);
