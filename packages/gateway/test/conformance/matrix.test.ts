import { afterAll, beforeAll, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { EchoUpstream } from "./echo-upstream.ts";
import { type Field, readRequest, valuesOf } from "./http-reader.ts";
import { requestOf } from "./request-bytes.ts";
import { sendInBytes } from "./send-in-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

async function serveEcho(): Promise<{ upstream: EchoUpstream; raw: RawUpstream }> {
  const echo = await EchoUpstream.start();
  await stage.serve(echo.raw);
  return echo;
}

/** Answers each request with these lines; the body is `body`. */
const serveLines = (lines: readonly string[], body = "") => stage.serveAnswer(`${lines.join("\r\n")}\r\n\r\n${body}`);

const OK = "HTTP/1.1 200 OK";
const namesOf = (fields: readonly Field[]) => fields.map(([name]) => name.toLowerCase());
const FIELD_LINES = [
  "X-Twice: 1",
  "x-between: a",
  "X-Twice: 2",
  "x-TWICE: 3",
  "X-Bytes: caf\xe9 \xff",
  "X-Inner:  two  spaces",
  "X-Quoted: \"a, b\", 'c'",
];

test("a method that we do not know is the upstream's business", async () => {
  const upstream = await serveLines([OK, "Content-Length: 2"], "ok");
  expect((await stage.ask("PROPFIND-ALL /")).status).toBe(200);
  expect(upstream.received).toStartWith("PROPFIND-ALL / HTTP/1.1\r\n");
});

test("fields of a request stay lines of their own, in order, in their case, byte for byte", async () => {
  const { raw } = await serveEcho();
  await stage.ask("GET /", ...FIELD_LINES, "Cookie: a=1", "Cookie: b=2");
  const lines = raw.received.split("\r\n").map((line) => line.replace(/: +/, ": "));
  const wanted = [...FIELD_LINES, "Cookie: a=1", "Cookie: b=2"].map((line) => line.replace(/: +/, ": "));
  expect(lines.filter((line) => /^(x-(twice|between|bytes|inner|quoted)|cookie)/i.test(line))).toEqual(wanted);
});

test("nothing is added to a request but what a proxy says", async () => {
  const { upstream } = await serveEcho();
  await stage.ask("GET /");
  const added = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id"];
  expect(namesOf(upstream.seen[0]?.fields ?? []).toSorted()).toEqual([...added, "host"].toSorted());
});

test("fields of a response stay lines of their own, in order, in their case, byte for byte", async () => {
  const cookies = ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2, c", "set-cookie: d=3"];
  await serveLines([OK, ...FIELD_LINES, ...cookies, "Content-Length: 2"], "ok");
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await waitForAnswers(client, "GET");
  const lines = client.text.split("\r\n").map((line) => line.replace(/: +/, ": "));
  const wanted = [...FIELD_LINES, ...cookies].map((line) => line.replace(/: +/, ": "));
  expect(lines.filter((line) => /^(x-(twice|between|bytes|inner|quoted)|set-cookie)/i.test(line))).toEqual(wanted);
});

test.each([
  { name: "of its own making", line: "HTTP/1.1 299 Custom Thing" },
  { name: "of another language", line: "HTTP/1.1 200 Stra\xdfe" },
  { name: "of a status nobody knows", line: "HTTP/1.1 599 Out of Tea" },
  { name: "that is empty", line: "HTTP/1.1 404 " },
])("a reason phrase $name is kept", async ({ line }) => {
  await serveLines([line, "Content-Length: 0"]);
  expect((await stage.ask("GET /")).startLine).toBe(line);
});

test("the path of a workload is passed on byte for byte", async () => {
  const { upstream } = await serveEcho();
  const target = "/a%2Fb/../c//d/./%7Euser/%zz;p=1?q=%41&r=/../x&&=";
  expect((await stage.ask(`GET ${target}`)).body).toBe(`GET ${target}`);
  expect(upstream.seen[0]?.startLine).toBe(`GET ${target} HTTP/1.1`);
});

test("a GET keeps its body", async () => {
  const { upstream } = await serveEcho();
  const client = await stage.connect();
  client.send(`${requestOf("GET /", "Content-Length: 5")}hello`);
  await waitForAnswers(client, "GET");
  expect(upstream.seen[0]).toMatchObject({ framing: "length", body: "hello" });
});

test("fields named by Connection, and those of one connection only, end here in both directions", async () => {
  const lines = ["Connection: X-Hop, x-other-hop", "X-Hop: 1", "X-Other-Hop: 2", "Keep-Alive: timeout=99", "X-Kept: 3"];
  const upstream = await serveLines([OK, ...lines, "Connection: X-Third", "X-Third: 4", "Content-Length: 0"]);
  const answer = await stage.ask(
    "GET /",
    ...lines,
    "Connection: X-Third",
    "X-Third: 4",
    "TE: trailers",
    "Upgrade: h2c",
  );
  const request = readRequest(upstream.received, 0)?.message;
  for (const fields of [answer.fields, request?.fields ?? []]) {
    expect(fields).toContainEqual(["X-Kept", "3"]);
    expect(namesOf(fields).filter((name) => /^(x-(hop|other-hop|third)|te|upgrade|proxy-.*)$/.test(name))).toEqual([]);
    expect(fields.map(([, value]) => value).filter((value) => /hop|third|timeout=99/i.test(value))).toEqual([]);
  }
});

test("a compressed body arrives as it was compressed", async () => {
  const zipped = gzipSync("hello ".repeat(1_000)).toString("latin1");
  await serveLines([OK, "Content-Encoding: gzip", `Content-Length: ${zipped.length}`], zipped);
  for (const coding of ["gzip", "identity", "*;q=0"]) {
    const answer = await stage.ask("GET /", `Accept-Encoding: ${coding}`);
    expect(answer.body).toBe(zipped);
    expect(valuesOf(answer, "content-encoding")).toEqual(["gzip"]);
    expect(valuesOf(answer, "content-length")).toEqual([String(zipped.length)]);
  }
});

test("chunks, trailers and every byte pass in both directions", async () => {
  const everyByte = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
  const body = `100\r\n${everyByte}\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\nx-sum: caf\xe9\r\n\r\n`;
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (readRequest(received, 0) === null) return;
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    socket.write(Buffer.from(head + body, "latin1"));
  });
  const client = await stage.connect();
  client.send(`${requestOf("POST /", "Transfer-Encoding: chunked", "Trailer: X-Sum")}${body}`);
  const [answer] = await waitForAnswers(client, "POST");
  for (const message of [answer, readRequest(upstream.received, 0)?.message]) {
    expect(message?.body).toBe(`${everyByte}abc`);
    expect(message?.trailers.map(([name, value]) => `${name.toLowerCase()}=${value}`)).toEqual([
      "x-sum=6",
      "x-sum=caf\xe9",
    ]);
  }
});

test.each([
  { name: "HEAD keeps the length of what it does not send", line: "HEAD /", status: OK, length: "77" },
  {
    name: "HEAD of a chunked answer has no chunk",
    line: "HEAD /",
    status: `${OK}\r\nTransfer-Encoding: chunked`,
    length: null,
  },
  { name: "304 keeps its validators and length", line: "GET /", status: "HTTP/1.1 304 Not Modified", length: "55" },
  { name: "304 without length is whole", line: "GET /", status: "HTTP/1.1 304 Not Modified", length: null },
  { name: "204 is whole", line: "DELETE /", status: "HTTP/1.1 204 No Content", length: null },
])("$name, and the next answer follows", async ({ line, status, length }) => {
  const lines = [status, 'ETag: "x"', ...(length === null ? [] : [`Content-Length: ${length}`])];
  await serveLines(lines);
  const client = await stage.connect();
  for (let turn = 1; turn <= 3; turn++) {
    client.send(requestOf(line));
    const answers = await waitForAnswers(client, ...new Array<string>(turn).fill(line.split(" ")[0] ?? ""));
    const last = answers.at(-1);
    expect(last?.fields).toContainEqual(["ETag", '"x"']);
    if (length !== null) expect(last && valuesOf(last, "content-length")).toEqual([length]);
  }
  expect(client.text).not.toEndWith("\r\n0\r\n\r\n");
});

test("an upload reaches the upstream before it is complete", async () => {
  const upstream = await stage.serveThat(() => undefined);
  const client = await stage.connect();
  client.send(`${requestOf("POST /up", "Content-Length: 9")}one`);
  await until("the first bytes arrive", () => upstream.received.endsWith("\r\n\r\none"));
  client.send("two");
  await until("the next ones arrive", () => upstream.received.endsWith("\r\n\r\nonetwo"));
  client.socket.destroy();
});

test.each([
  { name: "with a length", answer: `${OK}\r\nContent-Length: 5\r\n\r\nhello` },
  {
    name: "in chunks",
    answer: `${OK}\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n`,
  },
  { name: "behind an interim one", answer: `HTTP/1.1 102 Processing\r\n\r\n${OK}\r\nContent-Length: 5\r\n\r\nhello` },
])("an answer $name that comes byte by byte is the same answer", async ({ answer }) => {
  await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) void sendInBytes(socket, answer);
  });
  const client = await stage.connect();
  for (const methods of [["GET"], ["GET", "GET"]]) {
    client.send(requestOf("GET /"));
    expect((await waitForAnswers(client, ...methods)).at(-1)?.body).toBe("hello");
  }
});
