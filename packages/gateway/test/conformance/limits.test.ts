import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { RawClient } from "../raw-client.ts";
import { RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { answersOf, waitForAnswers } from "./answers.ts";
import { EchoUpstream } from "./echo-upstream.ts";
import { HOST, requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

const KIB = 1024;
const FLOOD_BYTES = 4 * 1024 * KIB;

let stage: Stage;
let upstream: EchoUpstream;
let raw: RawUpstream;

beforeAll(async () => {
  stage = await Stage.open({ timeouts: { headMs: 400 } });
  ({ upstream, raw } = await EchoUpstream.start());
  await stage.serve(raw);
});
afterAll(() => stage.close());
beforeEach(() => upstream.forget());
afterEach(() => stage.hangUp());

async function send(bytes: string): Promise<RawClient> {
  const client = await stage.connect();
  client.send(bytes);
  return client;
}

/** One answer with one of these statuses, then the end; nothing of it reaches the upstream. */
async function expectRefused(client: RawClient, statuses: readonly number[]): Promise<void> {
  await client.closed();
  expect(statuses).toContain(answersOf(client, [])[0]?.status ?? 0);
  expect(upstream.seen).toEqual([]);
  expect(raw.connections.every((connection) => upstream.isIdle(connection))).toBe(true);
}

/** A whole head of exactly this many bytes. */
function headOf(bytes: number): string {
  const empty = requestOf("GET /head", "X-A: ");
  return empty.replace("X-A: ", `X-A: ${"a".repeat(bytes - empty.length)}`);
}

const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: ${index}`);

test.each([8, 16, 31])("a head of %d KiB passes whole", async (kib) => {
  const bytes = headOf(kib * KIB);
  expect(bytes).toHaveLength(kib * KIB);
  await waitForAnswers(await send(bytes), "GET");
  expect(upstream.seen[0]?.fields.find(([name]) => name === "X-A")?.[1].length).toBeGreaterThan((kib - 1) * KIB);
});

test.each([33, 64, 1_000])("a head of %d KiB is 431", async (kib) => {
  await expectRefused(await send(headOf(kib * KIB)), [431]);
});

test("a head that is too large in many small pieces is 431 as well", async () => {
  const client = await stage.connect();
  client.send(requestOf("GET /head").slice(0, -2));
  for (let sent = 0; sent < 40 * KIB && !client.isClosed; sent += KIB) {
    client.send(`X-A: ${"a".repeat(KIB - 7)}\r\n`);
    await new Promise<void>((next) => setImmediate(next));
  }
  await expectRefused(client, [431]);
});

test("100 fields pass, each a line of its own", async () => {
  await waitForAnswers(await send(requestOf("GET /fields", ...fields(100))), "GET");
  expect(upstream.seen[0]?.fields.filter(([name]) => /^X-\d+$/.test(name))).toHaveLength(100);
});

test("1,000 fields are 431, small as they are", async () => {
  const bytes = requestOf("GET /fields", ...fields(1_000));
  expect(bytes.length).toBeLessThan(16 * KIB);
  await expectRefused(await send(bytes), [431]);
});

test.each(["/path-", "/?query="])("a URL of 8 KB (%s) passes byte for byte", async (start) => {
  const target = start + "a".repeat(8_000 - start.length);
  const [answer] = await waitForAnswers(await send(requestOf(`GET ${target}`)), "GET");
  expect(answer?.body).toBe(`GET ${target}`);
});

test("a URL of 64 KB is refused", async () => {
  await expectRefused(await send(requestOf(`GET /${"a".repeat(64_000)}`)), [414, 431]);
});

test("a method that does not end is refused", async () => {
  await expectRefused(await send("A".repeat(64_000)), [400, 405, 414, 431, 501]);
});

test.each([
  { name: "a length of 0", lines: ["Content-Length: 0"], body: "" },
  { name: "no chunk", lines: ["Transfer-Encoding: chunked"], body: "0\r\n\r\n" },
])("a body of no bytes ($name) is whole", async ({ lines, body }) => {
  const client = await send(`${requestOf("POST /empty", ...lines)}${body}${requestOf("GET /next")}`);
  const answers = await waitForAnswers(client, "POST", "GET");
  expect(answers.map((answer) => answer.body)).toEqual(["POST /empty", "GET /next"]);
  expect(upstream.seen.map((request) => request.body)).toEqual(["", ""]);
});

test.each([
  { name: "by length", lines: ["Content-Length: 10000000000"], start: "some" },
  { name: "in one chunk", lines: ["Transfer-Encoding: chunked"], start: "2540be400\r\nsome" },
])("10 GB that are announced ($name) and given up take nothing with them", async ({ lines, start }) => {
  const client = await send(requestOf("POST /huge", ...lines) + start);
  const isUnderWay = () => raw.connections.some((one) => !one.isClosed && one.received.includes("some"));
  await until("the first bytes are there", isUnderWay);
  client.socket.destroy();
  await until("the upstream is let go", () => !isUnderWay());
  expect(upstream.seen).toEqual([]);
  expect((await stage.ask("GET /next")).body).toBe("GET /next");
});

const FLOODS = [
  { name: "fields", start: `GET /flood HTTP/1.1\r\n${HOST}`, drop: "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" },
  { name: "one field", start: `GET /flood HTTP/1.1\r\n${HOST}X-A: `, drop: "a".repeat(32) },
  { name: "one URL", start: "GET /", drop: "a".repeat(32) },
  { name: "empty lines", start: "", drop: "\r\n".repeat(16) },
  { name: "a size of a chunk", start: requestOf("POST /flood", "Transfer-Encoding: chunked"), drop: "0".repeat(32) },
  { name: "an extension", start: `${requestOf("POST /flood", "Transfer-Encoding: chunked")}3;`, drop: "a".repeat(32) },
  {
    name: "trailers",
    start: `${requestOf("POST /flood", "Transfer-Encoding: chunked")}0\r\n`,
    drop: "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
  },
];

test.each(FLOODS)("a flood of $name is cut long before it ends", async ({ start, drop }) => {
  const bytesBefore = raw.received.length;
  const client = await send(start);
  const wave = drop.repeat(256);
  for (let sent = 0; sent < FLOOD_BYTES && !client.isClosed; sent += wave.length) {
    client.send(wave);
    await new Promise<void>((next) => setImmediate(next));
  }
  await client.closed();
  expect(upstream.seen).toEqual([]);
  expect(raw.received.length - bytesBefore).toBeLessThan(128 * KIB);
  await until("the upstream is let go", () => raw.connections.every((one) => one.isClosed || upstream.isIdle(one)));
});

test.each([
  { name: "a request line", bytes: "GET /slow" },
  { name: "a field", bytes: `GET /slow HTTP/1.1\r\n${HOST}X-A: ` },
])("$name that comes drop by drop is 408 when its time is over", async ({ bytes }) => {
  const client = await send(bytes);
  const drops = setInterval(() => client.isClosed || client.send("a"), 50);
  await client.closed();
  clearInterval(drops);
  expect(client.text).toStartWith("HTTP/1.1 408 ");
  expect(upstream.seen).toEqual([]);
});

test("what a client sends behind a request that waits is held back, not piled up", async () => {
  const silent = await RawUpstream.start(() => undefined);
  await stage.serve(silent);
  const client = await send(requestOf("GET /waits"));
  await until("it waits", () => silent.received.endsWith("\r\n\r\n"));
  const piece = Buffer.alloc(KIB * KIB, requestOf("GET /behind"));
  for (let i = 0; i < 32; i++) client.send(piece);
  let before = -1;
  let stillFor = 0;
  await until("nothing has moved in 60 looks", () => {
    stillFor = client.socket.writableLength === before ? stillFor + 1 : 0;
    before = client.socket.writableLength;
    return stillFor === 60;
  });
  expect(client.socket.writableLength).toBeGreaterThan(16 * piece.length); // two sockets' buffers took the rest
  expect(silent.received.match(/GET/g)).toHaveLength(1);
  client.socket.destroy();
  await stage.serve(raw);
});
