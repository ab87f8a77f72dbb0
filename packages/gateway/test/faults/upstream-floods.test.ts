import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../until.ts";
import { BadService, flood } from "./bad-upstream.ts";
import { FaultBed } from "./fault-bed.ts";
import { areHeldBack } from "./held-back.ts";

setDefaultTimeout(60_000);

const MIB = 1024 * 1024;
/** Of a flood, before it is cut: a head or two, and the page that tells of it. */
const PASSED_ON_BYTES = 160 * 1024;
const OK = "HTTP/1.1 200 OK\r\n";
const LARGE_INTERIM = `HTTP/1.1 103 Early Hints\r\nLink: ${"a".repeat(60_000)}\r\n\r\n`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

let bed: FaultBed;
let bad: BadService;

beforeAll(async () => {
  bed = await FaultBed.open();
  bad = new BadService(bed, { responseTimeoutMs: 10_000 });
});
afterAll(() => bed.close());
beforeEach(() => bed.begin());
afterEach(() => bed.hangUp());

const FLOODS = [
  { name: "header lines", start: OK, drop: `X-Flood: ${"a".repeat(50)}\r\n`, outcomes: [502] },
  { name: "one header line", start: `${OK}X-Flood: `, drop: "a".repeat(64), outcomes: [502] },
  { name: "interim answers", start: "", drop: "HTTP/1.1 102 Processing\r\n\r\n", outcomes: [502] },
  { name: "interim answers with large heads", start: "", drop: LARGE_INTERIM, outcomes: [502] },
  { name: "what is no HTTP", start: "", drop: "\0\0\0\0", outcomes: [502] },
  {
    name: "the size of a chunk",
    start: `${CHUNKED}4\r\nhalf\r\n`,
    drop: "0".repeat(64),
    outcomes: [502, "ECONNRESET"],
  },
  { name: "trailers", start: `${CHUNKED}4\r\nhalf\r\n0\r\n`, drop: "X-Flood: a\r\n", outcomes: [502, "ECONNRESET"] },
];

test.each(FLOODS)("an upstream's flood of $name is cut soon, and never looks like an answer", async (the) => {
  const upstream = await bad.serveThat((socket) => {
    socket.write(the.start);
    flood(socket, the.drop);
  });
  const clients = await bad.askMany();
  for (const outcome of await bad.outcomesWithin(0, clients)) expect(the.outcomes).toContain(outcome);
  for (const { receivedBytes } of clients) expect(receivedBytes).toBeLessThan(PASSED_ON_BYTES);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  expect(await bed.harm()).toEqual([]);
});

test("a head of more than 64 KiB is 502", async () => {
  await bad.serveThat(
    (socket) => void socket.write(`${OK}X-Long: ${"a".repeat(65 * 1024)}\r\nContent-Length: 0\r\n\r\n`),
  );
  expect(await bad.outcomesWithin(0, await bad.askMany())).toEqual([502]);
  expect(await bed.harm()).toEqual([]);
});

test.each([
  { name: "with chunks", start: CHUNKED, drop: "4\r\nbody\r\n" },
  { name: "without framing", start: `${OK}\r\n`, drop: "body" },
])("a body that never ends ($name) passes as fast as it is read, and ends with its client", async ({ start, drop }) => {
  const upstream = await bad.serveThat((socket) => {
    socket.write(start);
    flood(socket, drop);
  });
  const clients = await bad.askMany("/", 3);
  await until(
    "every client has its share",
    () => clients.every(({ receivedBytes }) => receivedBytes > 4 * MIB),
    15_000,
  );
  for (const { socket } of clients) socket.pause();
  await until("the upstream is held back", () => areHeldBack(upstream.connections.map(({ socket }) => socket)));
  bed.hangUp();
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  expect(await bed.harm()).toEqual([]);
});
