import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Connection, RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { answersOf } from "./answers.ts";
import { HOST, requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKS = `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`;
const HALF = `${OK}Content-Length: 1000\r\n\r\nhalf`;

const ABORTS = [
  { name: "before the head", request: requestOf("GET /"), answer: "", reached: "\r\n\r\n" },
  { name: "in a body with a length", request: requestOf("GET /"), answer: HALF, reached: "half" },
  { name: "in a chunked body", request: requestOf("GET /"), answer: CHUNKS, reached: "half" },
  { name: "in a body without framing", request: requestOf("GET /"), answer: `${OK}\r\nhalf`, reached: "half" },
  {
    name: "with its next request sent already",
    request: requestOf("GET /") + requestOf("GET /next"),
    answer: `${OK}Content-Type: text/event-stream\r\n\r\nhalf`,
    reached: "half",
  },
  {
    name: "in an upload with a length",
    request: `${requestOf("POST /", "Content-Length: 100")}some`,
    answer: "",
    reached: "some",
  },
  {
    name: "in a chunked upload",
    request: `${requestOf("POST /", "Transfer-Encoding: chunked")}64\r\nsome`,
    answer: "",
    reached: "some",
  },
];

const GOODBYES = [
  { how: "closes", leave: (end: () => void, _reset: () => void) => end() },
  { how: "resets its connection", leave: (_end: () => void, reset: () => void) => reset() },
];

for (const { how, leave } of GOODBYES) {
  test.each(ABORTS)(`a client that ${how} $name ends the upstream's request`, async ({ request, answer, reached }) => {
    const upstream = await stage.serve(
      await RawUpstream.start(({ socket }) => void (answer !== "" && socket.write(answer))),
    );
    const client = await stage.connect();
    client.send(request);
    await until("everything is where it should be", () =>
      (answer === "" ? upstream.received : client.text).includes(reached),
    );
    leave(
      () => client.socket.destroy(),
      () => client.socket.resetAndDestroy(),
    );
    const tookMs = await until("the upstream sees it", () => upstream.connections.every(({ isClosed }) => isClosed));
    expect(tookMs).toBeLessThan(1_000);
    expect(upstream.connections).toHaveLength(1);
  });
}

/** Answers a request with these bytes and ends the connection in that way. */
const answersAndEnds = (bytes: string, end: (connection: Connection) => void) =>
  stage.serveThat((connection) => {
    if (!connection.received.endsWith("\r\n\r\n")) return;
    connection.socket.write(bytes, () => end(connection));
  });

const ENDINGS = [
  { ending: "closes", end: ({ socket }: Connection) => void socket.end() },
  { ending: "breaks off", end: ({ socket }: Connection) => void socket.resetAndDestroy() },
];
const CUTS = [
  { name: "with a length", bytes: HALF },
  { name: "in a chunk", bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n64\r\nhalf` },
  { name: "between chunks", bytes: CHUNKS },
  { name: "in the last chunk", bytes: `${CHUNKS}0\r\n` },
  { name: "in the trailers", bytes: `${CHUNKS}0\r\nX-Sum: 6\r\n` },
];

for (const { ending, end } of ENDINGS) {
  test.each(CUTS)(`an upstream that ${ending} in a body ($name) resets the client's connection`, async ({ bytes }) => {
    await answersAndEnds(bytes, end);
    const client = await stage.connect();
    client.send(requestOf("GET /"));
    await client.closed();
    expect(client.end).toBe("ECONNRESET");
    expect(answersOf(client, ["GET"])).toEqual([]); // what came, if anything, does not look like a whole answer
    if (bytes.includes("Content-Length") && client.text !== "") expect(client.text).toMatch(/content-length: 1000/i);
  });

  test(`an upstream that ${ending} in its head is a bad gateway`, async () => {
    await answersAndEnds(`${OK}Content-Le`, end);
    expect((await stage.ask("GET /")).status).toBe(502);
  });

  test(`an upstream that ${ending} without an answer to a POST is a bad gateway`, async () => {
    await answersAndEnds("", end);
    expect((await stage.ask("POST /")).status).toBe(502);
  });
}

test("a body without framing that breaks off resets the client's connection", async () => {
  const upstream = await stage.serveAnswer(`${OK}\r\nhalf`);
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await client.waitFor("half");
  upstream.connections[0]?.socket.resetAndDestroy();
  await client.closed();
  expect(client.end).toBe("ECONNRESET");
});

test("an upstream that is lost in a large body, with much of it under way, resets the client's connection", async () => {
  const block = Buffer.alloc(1_000_000, "x");
  const upstream = await stage.serveThat(({ socket }) => {
    socket.write(`${OK}Content-Length: 100000000\r\n\r\n`);
    for (let i = 0; i < 20; i++) socket.write(block);
  });
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await until("some of it arrives", () => client.receivedBytes > 1_000_000);
  upstream.connections[0]?.socket.resetAndDestroy();
  await client.closed();
  expect(client.end).toBe("ECONNRESET");
});

test("a client that goes away while its requests are queued leaves none of them behind", async () => {
  const upstream = await stage.serveThat(() => undefined);
  const client = await stage.connect();
  client.send(["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`).join(""));
  await until("the first is there", () => upstream.received.includes("GET /1"));
  client.socket.destroy();
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  await stage.serveAnswer(`${OK}Content-Length: 2\r\n\r\nok`);
  expect((await stage.ask("GET /")).body).toBe("ok");
  expect(upstream.received.match(/GET/g)?.length).toBeLessThanOrEqual(3);
});
