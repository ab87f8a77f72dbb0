import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { RawClient } from "../raw-client.ts";
import { until } from "../until.ts";
import { BadService, drip } from "./bad-upstream.ts";
import { FaultBed } from "./fault-bed.ts";
import { UpstreamProcess } from "./upstream-process.ts";

setDefaultTimeout(60_000);

const RESPONSE_MS = 600;
const CONNECT_MS = 400;
const BODY_IDLE_MS = 1_000;
const HALF = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";

let bed: FaultBed;
let bad: BadService;

beforeAll(async () => {
  bed = await FaultBed.open({ timeouts: { bodyIdleMs: BODY_IDLE_MS } });
  bad = new BadService(bed, { responseTimeoutMs: RESPONSE_MS, connectTimeoutMs: CONNECT_MS });
});
afterAll(() => bed.close());
beforeEach(() => bed.begin());
afterEach(() => bed.hangUp());

async function serveProcess(): Promise<UpstreamProcess> {
  const upstream = await UpstreamProcess.start(bed.fixture);
  await bad.serve(upstream.port);
  return upstream;
}

test("an upstream that is killed costs its own requests, and each of them is told so at once", async () => {
  const upstream = await serveProcess();
  const [waiting, half] = [await bad.askMany("/waits"), await bad.askMany("/half")];
  await until("half of each answer is there", () => half.every(({ text }) => text.endsWith("half")));
  await upstream.kill();
  expect(await bad.outcomesWithin(0, waiting)).toEqual([502]);
  expect(await bad.outcomesWithin(0, half)).toEqual(["ECONNRESET"]);
  expect(await bad.outcomesWithin(0, await bad.askMany())).toEqual([502]);
  expect(await bed.harm()).toEqual([]);
});

test("an upstream that accepts and says nothing is given the time that its policy says, and 504 then", async () => {
  (await serveProcess()).freeze();
  const startedAt = performance.now();
  expect(await bad.outcomesWithin(RESPONSE_MS, await bad.askMany())).toEqual([504]);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(RESPONSE_MS);
  expect(await bed.harm()).toEqual([]);
});

test("an upstream whose queue of connections is full is 504 when the time to connect is over", async () => {
  const upstream = await serveProcess();
  upstream.freeze();
  const waiting = await fillQueue(upstream.port);
  expect(await bad.outcomesWithin(CONNECT_MS, await bad.askMany())).toEqual([504]);
  for (const { socket } of waiting) socket.destroy();
  expect(await bed.harm()).toEqual([]);
});

/** Connects until the kernel takes no more for a process that accepts none. */
async function fillQueue(port: number): Promise<RawClient[]> {
  const connected: RawClient[] = [];
  for (;;) {
    const batch = Array.from({ length: 100 }, () => RawClient.connect(port).then((client) => connected.push(client)));
    const isFull = await Promise.race([Promise.all(batch).then(() => false), Bun.sleep(500).then(() => true)]);
    if (isFull) return connected; // on loopback a connection stands in far less than this, or never
  }
}

test("an upstream whose head comes byte by byte is 504, however steadily it comes", async () => {
  await bad.serveThat((socket) => drip(socket, `HTTP/1.1 200 OK\r\nX-Slow: ${"a".repeat(10_000)}`, RESPONSE_MS / 10));
  expect(await bad.outcomesWithin(RESPONSE_MS, await bad.askMany())).toEqual([504]);
  expect(await bed.harm()).toEqual([]);
});

test("interim answers one after the other do not put off the 504 either", async () => {
  const interim = "HTTP/1.1 102 Processing\r\n\r\n";
  await bad.serveThat((socket) => {
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else socket.write(interim);
    }, RESPONSE_MS / 10);
  });
  const clients = await bad.askMany();
  expect(await bad.outcomesWithin(RESPONSE_MS, clients)).toEqual([504]);
  expect(clients[0]?.text).toStartWith(interim);
  expect(await bed.harm()).toEqual([]);
});

test("an upstream that hangs after its head is cut, so that no half looks whole", async () => {
  const upstream = await bad.serveThat((socket) => void socket.write(HALF));
  const clients = await bad.askMany();
  expect(await bad.outcomesWithin(BODY_IDLE_MS, clients)).toEqual(["ECONNRESET"]);
  expect(clients.every(({ text }) => text.endsWith("half"))).toBe(true);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  expect(await bed.harm()).toEqual([]);
});

test.each([
  { name: "resets its connection", end: "reset" as const },
  { name: "closes its connection", end: "close" as const },
])("an upstream that $name in mid-body has its client's reset", async ({ end }) => {
  const upstream = await bad.serveThat((socket) => void socket.write(HALF));
  const clients = await bad.askMany();
  await until("half of each answer is there", () => clients.every(({ text }) => text.endsWith("half")));
  for (const { socket } of upstream.connections) end === "reset" ? socket.resetAndDestroy() : socket.end();
  expect(await bad.outcomesWithin(0, clients)).toEqual(["ECONNRESET"]);
  expect(await bed.harm()).toEqual([]);
});

test("a body that comes byte by byte goes on beyond every limit, and ends with its client", async () => {
  const upstream = await bad.serveThat((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    drip(socket, "x", BODY_IDLE_MS / 5);
  });
  const clients = await bad.askMany();
  const bytes = 15; // three times as long as the limit for silence
  await until(
    "they come",
    () => clients.every(({ text }) => text.endsWith("x".repeat(bytes))),
    4 * BODY_IDLE_MS + 2_000,
  );
  bed.hangUp();
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  expect(await bed.harm()).toEqual([]);
});
