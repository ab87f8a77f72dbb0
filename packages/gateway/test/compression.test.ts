import { afterAll, beforeAll, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { Compressor } from "../src/policies/compression.ts";
import { answersOf, waitForAnswers } from "./conformance/answers.ts";
import { valuesOf } from "./conformance/http-reader.ts";
import { requestOf } from "./conformance/request-bytes.ts";
import { PolicyStage } from "./policy-stage.ts";
import { until } from "./until.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
const SHORT = "some text that is worth it. ".repeat(400);
/** More than the buffers between two sockets take, compressed. */
const LONG = Buffer.from(crypto.getRandomValues(new Uint8Array(2 ** 16)))
  .toString("base64")
  .repeat(300);
const ASK = requestOf("GET /", "Accept-Encoding: gzip");

let stage: PolicyStage;
beforeAll(async () => {
  stage = await PolicyStage.open();
});
afterAll(() => stage.close());

const serve = (...pieces: string[]) =>
  stage.serve({ compress: true }, ({ socket }) => {
    for (const piece of pieces) socket.write(piece);
  });

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const textOf = ({ body }: { body: string }) => gunzipSync(Buffer.from(body, "latin1")).toString();

test.each([
  { name: "with a length", pieces: [`${OK}Content-Length: ${SHORT.length}\r\n\r\n${SHORT}`] },
  {
    name: "with a length, in two parts",
    pieces: [`${OK}Content-Length: ${SHORT.length}\r\n\r\n`, SHORT.slice(0, 5), SHORT.slice(5)],
  },
  { name: "in one chunk", pieces: [`${OK}Transfer-Encoding: chunked\r\n\r\n${chunk(SHORT)}0\r\n\r\n`] },
  {
    name: "in chunks of one byte",
    pieces: [`${OK}Transfer-Encoding: chunked\r\n\r\n`, `${SHORT.split("").map(chunk).join("")}0\r\n\r\n`],
  },
])("a text $name is compressed whole, and its connection serves the next request", async ({ pieces }) => {
  await serve(...pieces);
  const client = await stage.connect();
  client.send(ASK + ASK);
  const answers = await waitForAnswers(client, "GET", "GET");
  for (const answer of answers) {
    expect(valuesOf(answer, "Content-Encoding")).toEqual(["gzip"]);
    expect(textOf(answer)).toBe(SHORT);
  }
  client.socket.destroy();
});

test("what is counted as sent is what the client got", async () => {
  const { route } = await serve(`${OK}Transfer-Encoding: chunked\r\n\r\n${chunk(SHORT)}0\r\n\r\n`);
  const client = await stage.connect();
  client.send(ASK);
  await waitForAnswers(client, "GET");
  const sent = await stage.count("sent_bytes_total", route);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThanOrEqual(client.receivedBytes);
  client.socket.destroy();
});

test("a text that is read in bits arrives whole", async () => {
  await serve(`${OK}Content-Length: ${LONG.length}\r\n\r\n`, LONG);
  const client = await stage.connect();
  client.socket.on("data", () => {
    client.socket.pause();
    setImmediate(() => client.socket.resume());
  });
  client.send(ASK);
  await until("it is whole", () => client.receivedBytes > LONG.length / 2 && answersOf(client, ["GET"]).length === 1);
  const [answer] = answersOf(client, ["GET"]);
  expect(answer !== undefined && textOf(answer) === LONG).toBe(true);
  client.socket.destroy();
});

test.each([true, false])(
  "a client that goes away in the middle takes the compressor along (it read: %p)",
  async (reads) => {
    const { upstream } = await serve(`${OK}Content-Length: ${LONG.length + 1}\r\n\r\n`, LONG);
    const client = await stage.connect();
    if (!reads) client.socket.pause();
    client.send(ASK);
    await until("it is under way", () => Compressor.openCount === 1);
    client.socket.destroy();
    await until("its memory is free", () => Compressor.openCount === 0);
    await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  },
);

test("a text that breaks off is a reset, and what came does not look whole", async () => {
  const { upstream } = await serve(`${OK}Content-Length: ${SHORT.length + 1}\r\n\r\n`, SHORT);
  const client = await stage.connect();
  client.send(ASK);
  await client.waitFor("\r\n\r\n");
  upstream.connections[0]?.socket.end();
  await client.closed();
  expect(client.end).toBe("ECONNRESET");
  expect(answersOf(client, ["GET"])).toEqual([]);
  await until("its memory is free", () => Compressor.openCount === 0);
});
