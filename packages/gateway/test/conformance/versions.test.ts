import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { readRequest, valuesOf } from "./http-reader.ts";
import { HOST, requestOf } from "./request-bytes.ts";
import { sendInBytes } from "./send-in-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const OLD = (...lines: string[]) => `GET / HTTP/1.0\r\n${HOST}${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n";
const CHUNKED_ANSWERS = [
  { name: "at once", parts: [`${CHUNKS}7\r\n, world\r\n0\r\nX-Sum: 6\r\n\r\n`] },
  { name: "in two parts", parts: [CHUNKS, "7\r\n, world\r\n0\r\n\r\n"] },
  { name: "byte by byte", parts: [...`${CHUNKS}7\r\n, world\r\n0\r\nX-Sum: 6\r\n\r\n`] },
];

test.each(CHUNKED_ANSWERS)(
  "an HTTP/1.0 client gets a chunked body ($name) without chunks, and the end of the connection",
  async ({ parts }) => {
    await stage.serveThat(({ socket }) => void sendInBytes(socket, parts));
    const client = await stage.connect();
    client.send(OLD());
    await client.closed();
    const [head = "", body] = client.text.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    expect(head).not.toMatch(/\r\ntransfer-encoding:/i);
    expect(body).toBe("hello, world");
    expect(client.end).toBe("FIN");
  },
);

test("an HTTP/1.0 client's HEAD is not told of chunks that it could not read", async () => {
  await stage.serveAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n");
  const client = await stage.connect();
  client.send(OLD().replace("GET", "HEAD"));
  await client.closed();
  expect(client.text).toContain("X-A: 1\r\n");
  expect(client.text).not.toMatch(/transfer-encoding/i);
});

test("an HTTP/1.0 client whose chunked body breaks off is told by a reset", async () => {
  const upstream = await stage.serveAnswer(CHUNKS);
  const client = await stage.connect();
  client.send(OLD());
  await client.waitFor("hello");
  upstream.connections[0]?.socket.destroy();
  await client.closed();
  expect(client.end).toBe("ECONNRESET");
});

test("an HTTP/1.0 client's request travels as HTTP/1.1, and its connection ends after the answer", async () => {
  const upstream = await stage.serveAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const client = await stage.connect();
  client.send(OLD() + OLD());
  await client.closed();
  expect(client.text).toEndWith("\r\n\r\nok");
  expect(client.text.match(/200 OK/g)).toHaveLength(1);
  expect(readRequest(upstream.received, 0)?.message.startLine).toBe("GET / HTTP/1.1");
  expect(upstream.received.match(/GET/g)).toHaveLength(1);
});

test("an HTTP/1.0 client that asks for it may keep its connection, and then can tell where the answer ends", async () => {
  await stage.serveAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const client = await stage.connect();
  client.send(OLD("Connection: keep-alive"));
  await client.waitFor("\r\n\r\nok");
  if (!/connection: keep-alive/i.test(client.text)) {
    await client.closed(); // whoever does not say keep-alive has to close (RFC 9112 section 9.3)
    return;
  }
  client.send(OLD());
  await client.closed();
  expect(client.text.match(/200 OK/g)).toHaveLength(2);
});

test("the gateway's own pages close an HTTP/1.0 connection too", async () => {
  const client = await stage.connect();
  client.send("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n");
  await client.closed();
  expect(client.text).toContain('"status":"ok"');
  expect(client.end).toBe("FIN");
});

const OLD_ANSWERS = [
  { name: "with a length", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
  { name: "without framing", bytes: "HTTP/1.0 200 OK\r\n\r\nhello" },
  {
    name: "with keep-alive, and then closed",
    bytes: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
  },
  { name: "of HTTP/1.1 without framing", bytes: "HTTP/1.1 200 OK\r\n\r\nhello" },
  {
    name: "of HTTP/1.1 that says close",
    bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
  },
  { name: "of HTTP/1.1 that says close, without framing", bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello" },
];

for (const version of ["1.1", "1.0"]) {
  test.each(OLD_ANSWERS)(`an answer $name is whole for an HTTP/${version} client`, async ({ bytes }) => {
    const upstream = await stage.serveThat(({ socket, received }) => {
      if (received.endsWith("\r\n\r\n")) socket.end(bytes);
    });
    const client = await stage.connect();
    client.send(`GET /old HTTP/${version}\r\n${HOST}\r\n`);
    if (version === "1.0") {
      await client.closed();
      expect(client.end).toBe("FIN");
      expect(client.text).toEndWith("\r\n\r\nhello");
      return;
    }
    const [answer] = await waitForAnswers(client, "GET"); // read strictly: the gateway speaks HTTP/1.1, whoever is behind it
    expect(answer?.body).toBe("hello");
    if (answer?.framing === "close") expect(valuesOf(answer, "connection")).toContain("close");
    else expect(answer && valuesOf(answer, "connection")).not.toContain("close");
    for (let turn = 0; turn < 3; turn++) expect((await stage.ask("GET /next")).body).toBe("hello");
    expect(upstream.connections).toHaveLength(4); // none of them is used twice
  });
}

test("the first bytes of a body without framing arrive before its end", async () => {
  const upstream = await stage.serveAnswer("HTTP/1.0 200 OK\r\n\r\nhello");
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await client.waitFor("hello");
  upstream.connections[0]?.socket.end(", world");
  const [answer] = await waitForAnswers(client, "GET");
  expect(answer?.body).toBe("hello, world");
});

test("a body without framing stays apart from the answer to the next request", async () => {
  await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) socket.end(`HTTP/1.0 200 OK\r\n\r\n${received.split(" ")[1]}`);
  });
  const client = await stage.connect();
  client.send(requestOf("GET /first") + requestOf("GET /second"));
  await until(
    "both came, or the connection says that one is all",
    () => client.isClosed || client.text.endsWith("/second") || client.text.includes("/second\r\n0\r\n\r\n"),
  );
  const [first] = await waitForAnswers(client, ...(client.text.includes("/second") ? ["GET", "GET"] : ["GET"]));
  expect(first?.body).toBe("/first");
});
