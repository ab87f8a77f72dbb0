import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { RawClient } from "../raw-client.ts";
import type { RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { ACCEPTED } from "./accepted-cases.ts";
import { answersOf, waitForAnswers } from "./answers.ts";
import { EchoUpstream } from "./echo-upstream.ts";
import { type Field, type HttpMessage, valuesOf } from "./http-reader.ts";
import { BROKEN_CHUNKS, REFUSED_FRAMINGS } from "./refused-bodies.ts";
import { REFUSED_HEADS } from "./refused-heads.ts";
import { HOST, requestOf } from "./request-bytes.ts";
import { sendInBytes } from "./send-in-bytes.ts";
import { Stage } from "./stage.ts";

/** Sent right behind each case: whoever reads the case in another way than the gateway answers this at the wrong time. */
const BEHIND = requestOf("GET /behind");

let stage: Stage;
let upstream: EchoUpstream;
let raw: RawUpstream;

beforeAll(async () => {
  stage = await Stage.open();
  ({ upstream, raw } = await EchoUpstream.start());
  await stage.serve(raw);
});
afterAll(() => stage.close());
beforeEach(() => upstream.forget());
afterEach(() => stage.hangUp());

async function send(bytes: string): Promise<RawClient> {
  const client = await stage.connect();
  client.send(bytes + BEHIND);
  return client;
}

async function expectHealthy(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${stage.gateway.port}/healthz`);
  expect(response.status).toBe(200);
}

/** All bytes that reach the upstream are whole requests, each with a head that the gateway wrote. */
function expectOnlyOurs(): void {
  expect(upstream.faults).toEqual([]);
  for (const request of upstream.seen) {
    expect(valuesOf(request, "x-request-id")).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(valuesOf(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
  }
}

test.each([...REFUSED_HEADS, ...REFUSED_FRAMINGS])("$name is refused, and so is what stands behind it", async (it) => {
  const bytesBefore = raw.received.length;
  const client = await send(it.bytes);
  await until("the connection is closed", () => client.isClosed, 2_500);
  const answers = answersOf(client, []);
  expect(answers).toHaveLength(1);
  expect(it.statuses).toContain(answers[0]?.status ?? 0);
  expect(raw.received.length).toBe(bytesBefore);
  await expectHealthy();
});

test.each(BROKEN_CHUNKS)("a body with $name never becomes a whole request", async ({ bytes }) => {
  const client = await send(bytes);
  await until("the connection is closed", () => client.isClosed, 2_500);
  const answers = answersOf(client, []);
  expect(answers.every(({ status }) => status === 400 || status === 431)).toBe(true);
  expect(answers.length).toBeLessThan(2);
  await expectHealthy(); // after this round trip, whatever was sent upstream is there too
  expect(upstream.seen).toEqual([]);
  expect(upstream.faults).toEqual([]); // what was passed on before the fault showed is the start of a request
  await until("the upstream is let go", () =>
    raw.connections.every((connection) => connection.isClosed || upstream.isIdle(connection)),
  );
});

test.each(ACCEPTED)("$name passes, and what stands behind it is a request of its own", async (it) => {
  const client = await send(it.bytes);
  const [method = "GET"] = it.line.split(" ");
  await until("both are answered", () => client.isClosed || answersOf(client, [method, "GET"]).length === 2, 2_500);
  const [answer, behind] = answersOf(client, [method, "GET"]);
  await expectHealthy();
  expectOnlyOurs();
  const lines = upstream.seen.map(({ startLine }) => startLine);
  if (it.orRefused.length > 0 && !lines.includes(it.line)) {
    expect(it.orRefused).toContain(answer?.status ?? 0);
    return;
  }
  const [target] = it.line.split(" HTTP/");
  expect([answer?.body, behind?.body]).toEqual([method === "HEAD" ? "" : target, "GET /behind"]);
  expect(lines).toEqual([it.line, "GET /behind HTTP/1.1"]);
  const [request] = upstream.seen;
  expect(ownFields(request)).toEqual([...it.fields]);
  expect({ body: request?.body, trailers: request?.trailers }).toEqual({ body: it.body, trailers: [...it.trailers] });
});

test("a request that is cut off in its head reaches nobody", async () => {
  const bytesBefore = raw.received.length;
  const client = await stage.connect();
  client.send(`GET /evil HTTP/1.1\r\n${HOST}X-A: `);
  client.socket.end();
  await client.closed();
  await expectHealthy();
  expect(raw.received.length).toBe(bytesBefore);
});

test("every byte in a packet of its own is the same request", async () => {
  const client = await stage.connect();
  const bytes =
    "POST /bytes HTTP/1.1\r\nHost: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n";
  await sendInBytes(client.socket, bytes);
  const [answer] = await waitForAnswers(client, "POST");
  expect(answer?.body).toBe("POST /bytes");
  expectOnlyOurs();
  expect(upstream.seen[0]).toMatchObject({ body: "abc", trailers: [["X-T", "1"]] });
});

const SAID_BY_PROXIES = [
  "host",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "forwarded",
  "x-request-id",
];
const HOW_IT_IS_CARRIED = ["connection", "content-length", "transfer-encoding"];

/** What is left of a head when the gateway's own lines, which other tests look at, are taken away. */
function ownFields(request: HttpMessage | undefined): Field[] {
  const others = [...SAID_BY_PROXIES, ...HOW_IT_IS_CARRIED];
  return (request?.fields ?? []).filter(([name]) => !others.includes(name.toLowerCase()));
}
