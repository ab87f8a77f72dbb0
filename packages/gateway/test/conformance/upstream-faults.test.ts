import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { answersOf } from "./answers.ts";
import { requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked";
const CHUNKS = "2\r\nok\r\n0\r\n\r\n";
const statusLine = (line: string) => `${line}\r\nContent-Length: 2\r\n\r\nok`;

/** Heads that two readers could take for different answers. */
const BAD_HEADS = [
  { name: "length and chunks", bytes: head("Content-Length: 2", CHUNKED) + CHUNKS },
  { name: "chunks and length", bytes: head(CHUNKED, "Content-Length: 2") + CHUNKS },
  { name: "two different lengths", bytes: `${head("Content-Length: 2", "Content-Length: 3")}ok!` },
  { name: "two equal lengths", bytes: `${head("Content-Length: 2", "content-length: 2")}ok` },
  { name: "a list of lengths", bytes: `${head("Content-Length: 2, 2")}ok` },
  { name: "a signed length", bytes: `${head("Content-Length: +2")}ok` },
  { name: "a negative length", bytes: `${head("Content-Length: -2")}ok` },
  { name: "an empty length", bytes: `${head("Content-Length:")}ok` },
  { name: "a hexadecimal length", bytes: `${head("Content-Length: 0x2")}ok` },
  { name: "a length beyond numbers", bytes: `${head(`Content-Length: ${"9".repeat(30)}`)}ok` },
  { name: "a coding that is not chunked", bytes: `${head("Transfer-Encoding: gzip")}ok` },
  { name: "gzip, chunked", bytes: head("Transfer-Encoding: gzip, chunked") + CHUNKS },
  { name: "chunked, identity", bytes: head("Transfer-Encoding: chunked, identity") + CHUNKS },
  { name: "chunked twice", bytes: head(CHUNKED, CHUNKED) + CHUNKS },
  { name: "xchunked", bytes: head("Transfer-Encoding: xchunked") + CHUNKS },
  { name: "chunks on HTTP/1.0", bytes: (head(CHUNKED) + CHUNKS).replace("HTTP/1.1", "HTTP/1.0") },
  { name: "garbage", bytes: "garbage\r\n\r\n" },
  { name: "garbage without end", bytes: "\0\0\0\0\0\0\0\0\0\0\0\0" },
  { name: "a status of two digits", bytes: statusLine("HTTP/1.1 20 OK") },
  { name: "a status of four digits", bytes: statusLine("HTTP/1.1 2000 OK") },
  { name: "a status of letters", bytes: statusLine("HTTP/1.1 2xx OK") },
  { name: "a status below 100", bytes: statusLine("HTTP/1.1 099 OK") },
  { name: "no status", bytes: statusLine("HTTP/1.1") },
  { name: "HTTP/2", bytes: statusLine("HTTP/2 200 OK") },
  { name: "another protocol", bytes: statusLine("ICY 200 OK") },
  { name: "a version of its own", bytes: statusLine("HTTP/1.1.1 200 OK") },
  { name: "NUL in the reason", bytes: statusLine("HTTP/1.1 200 O\0K") },
  { name: "a bare CR in the reason", bytes: statusLine("HTTP/1.1 200 O\rK") },
  { name: "NUL in a value", bytes: `${head("X-A: a\0b", "Content-Length: 2")}ok` },
  { name: "a control byte in a value", bytes: `${head("X-A: a\x01b", "Content-Length: 2")}ok` },
  { name: "a bare CR in a value", bytes: `${head("X-A: a\rX-B: b", "Content-Length: 2")}ok` },
  { name: "a bare LF in a value", bytes: `${head("X-A: a\nX-B: b", "Content-Length: 2")}ok` },
  { name: "a folded field", bytes: `${head("X-A: a", " b", "Content-Length: 2")}ok` },
  { name: "a space before the colon", bytes: `${head("X-A : a", "Content-Length: 2")}ok` },
  { name: "a length with a space before the colon", bytes: `${head("Content-Length : 2")}ok` },
  { name: "an empty field name", bytes: `${head(": a", "Content-Length: 2")}ok` },
  { name: "a field without colon", bytes: `${head("garbage", "Content-Length: 2")}ok` },
  { name: "lines that end with LF", bytes: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok" },
  { name: "a head of 65 KiB", bytes: `${head(`X-A: ${"a".repeat(65 * 1024)}`, "Content-Length: 2")}ok` },
  {
    name: "a head that does not end",
    bytes: `HTTP/1.1 200 OK\r\n${"X-A: aaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(10_000)}`,
  },
  { name: "a bad head behind an interim one", bytes: `HTTP/1.1 103 Early Hints\r\n\r\n${head("X-A: a\0b")}` },
];

test.each(BAD_HEADS)(
  "an upstream's head with $name is a bad gateway, and is not asked for again",
  async ({ bytes }) => {
    const upstream = await stage.serveAnswer(bytes);
    expect((await stage.ask("GET /")).status).toBe(502);
    expect(upstream.received.match(/GET \//g)).toHaveLength(1);
  },
);

test("interim answers that do not end are cut", async () => {
  const upstream = await stage.serveAnswer("HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000));
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await until("it is over", () => client.isClosed || answersOf(client, ["GET"]).length > 0);
  if (client.isClosed) expect(client.end).toBe("ECONNRESET");
  else expect(answersOf(client, ["GET"])[0]?.status).toBe(502);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
});

test("an upstream's head of 60 KiB passes", async () => {
  const fields = Array.from({ length: 60 }, (_, index) => `X-${index}: ${"a".repeat(1_000)}`);
  await stage.serveAnswer(`${head(...fields, "Content-Length: 2")}ok`);
  const answer = await stage.ask("GET /");
  expect(answer.body).toBe("ok");
  expect(answer.fields.filter(([, value]) => value.length === 1_000)).toHaveLength(60);
});

const BAD_CHUNKS = [
  { name: "no size", chunks: "\r\nok\r\n0\r\n\r\n" },
  { name: "a size of letters", chunks: "zz\r\nok\r\n0\r\n\r\n" },
  { name: "a size with 0x", chunks: "0x2\r\nok\r\n0\r\n\r\n" },
  { name: "a negative size", chunks: "-2\r\nok\r\n0\r\n\r\n" },
  { name: "a size of 2^64 + 2", chunks: "10000000000000002\r\nok\r\n0\r\n\r\n" },
  { name: "a size that ends with LF", chunks: "2\nok\r\n0\r\n\r\n" },
  { name: "a chunk that ends with LF", chunks: "2\r\nok\n0\r\n\r\n" },
  { name: "X LF for the end of a chunk", chunks: "2\r\nokX\n0\r\n\r\n" },
  { name: "CR X for the end of a chunk", chunks: "2\r\nok\rX0\r\n\r\n" },
  { name: "a chunk longer than its size", chunks: "2\r\nokay\r\n0\r\n\r\n" },
  { name: "a trailer without colon", chunks: "2\r\nok\r\n0\r\nXX\r\n\r\n" },
  { name: "an extension with a control byte", chunks: "2;a\0b\r\nok\r\n0\r\n\r\n" },
  { name: "an extension that does not end", chunks: `2;${"a".repeat(100_000)}` },
  { name: "trailers that do not end", chunks: `2\r\nok\r\n0\r\n${"X-A: aaaaaaaaaaaaaaaa\r\n".repeat(10_000)}` },
];

const FIRST_CHUNK = "5\r\nfirst\r\n";
test.each([
  ...BAD_CHUNKS.map(({ name, chunks }) => ({ name: `${name} at once`, first: "", chunks })),
  ...BAD_CHUNKS.map(({ name, chunks }) => ({ name: `${name} behind a good one`, first: FIRST_CHUNK, chunks })),
])("chunks of an upstream with $name never end well", async ({ first, chunks }) => {
  const upstream = await stage.serveAnswer(head(CHUNKED) + first + (first === "" ? chunks : ""));
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  if (first !== "") {
    await client.waitFor("first");
    upstream.connections[0]?.socket.write(Buffer.from(chunks, "latin1"));
  }
  await until("it is over", () => client.isClosed || answersOf(client, ["GET"]).length > 0);
  const [answer] = answersOf(client, ["GET"]);
  if (answer === undefined) expect(client.end).toBe("ECONNRESET");
  else expect([first, answer.status]).toEqual(["", 502]); // nothing was passed on yet
});
