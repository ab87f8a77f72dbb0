import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../until.ts";
import { Crowd, type CrowdMember } from "./crowd.ts";
import { EchoApp } from "./echo-app.ts";
import { FaultBed } from "./fault-bed.ts";
import { requireOpenFiles } from "./open-files.ts";

setDefaultTimeout(60_000);

const COUNT = 5_000;
const ALLOWED_MIB = 150;
const DRAIN_MS = 4_000;
const TEXT_FRAME = 0x81;
const MASKED = 0x80;
const HANDSHAKE = Buffer.from(
  [
    "GET /socket HTTP/1.1",
    "Host: chat.localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n"),
);

let bed: FaultBed;
let crowd: Crowd;
let sockets = 0;

beforeAll(async () => {
  await requireOpenFiles(2 * COUNT + 1_000); // the clients and the upstream are in one process
  bed = await FaultBed.open({ timeouts: { drainMs: DRAIN_MS }, limits: { connectionsPerClient: COUNT } });
  crowd = new Crowd(bed.gateway.port, "127.0.0.2");
  const chat = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 426 })),
    websocket: {
      idleTimeout: 0,
      open: () => void sockets++,
      message: (socket, message) => void socket.send(message),
      close: () => void sockets--,
    },
  });
  bed.fixture.defer(() => chat.stop(true));
  await bed.serve("chat.localhost", chat.port ?? 0, {});
});
afterAll(() => bed.close());

/** Each says something of its own, and hears it. */
async function expectEchoes(word: string): Promise<void> {
  const said = (index: number) => Buffer.from(`${word} ${index}`);
  for (const [index, member] of crowd.members.entries()) {
    const text = said(index);
    const mask = Buffer.alloc(4); // RFC 6455 section 5.3: any four bytes, these change nothing
    member.send(Buffer.concat([Buffer.from([TEXT_FRAME, MASKED | text.length]), mask, text]));
  }
  const hears = ({ last }: CrowdMember, index: number) => last.subarray(2).equals(said(index));
  await until(`everybody hears ${word}`, () => crowd.members.every(hears), 20_000);
}

test("5,000 idle WebSockets fit into 150 MB, and each still echoes", async () => {
  for (const member of await crowd.join(COUNT)) member.send(HANDSHAKE);
  await until(
    "all are open",
    () => sockets === COUNT && crowd.members.every(({ last }) => last.includes(" 101 ")),
    20_000,
  );
  expect(await bed.gateway.residentMiB()).toBeLessThan(ALLOWED_MIB);
  await expectEchoes("first");
  expect(await bed.gateway.residentMiB()).toBeLessThan(ALLOWED_MIB);
});

test("they outlive a change of the table and the drain of another workload", async () => {
  const other = new EchoApp();
  bed.fixture.defer(() => other.kill());
  await bed.serve("other.localhost", other.port, {});
  await bed.drain("other.localhost");
  await bed.serve("third.localhost", other.port, { compress: true });
  expect(crowd.openCount).toBe(COUNT);
  await expectEchoes("second");
});

test("when the gateway stops they go on until its deadline, and end then", async () => {
  await bed.load.end();
  expect(bed.load.failures).toEqual([]);
  bed.gateway.signal("SIGTERM");
  const startedAt = performance.now();
  await expectEchoes("third");
  expect(crowd.openCount).toBe(COUNT);
  await crowd.ended(20_000);
  expect(performance.now() - startedAt).toBeGreaterThan(DRAIN_MS);
  expect(await bed.gateway.exited()).toBe(0);
  await until("the upstream is rid of them", () => sockets === 0);
});
