import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { answersOf, waitForAnswers } from "./answers.ts";
import { requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const ASKS = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
const HANDSHAKE = requestOf("GET /socket", ...ASKS, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

test.each([
  { name: "to a plain request", lines: [] },
  { name: "to an offer of h2c", lines: ["Connection: Upgrade", "Upgrade: h2c"] },
  { name: "to an Upgrade that Connection does not name", lines: ["Upgrade: websocket"] },
])("101 $name is a bad gateway, and its connection is not used again", async ({ lines }) => {
  const upstream = await stage.serveAnswer(SWITCH);
  expect((await stage.ask("GET /", ...lines)).status).toBe(502);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
});

test("what follows 101 is no HTTP to the gateway, in either direction", async () => {
  const upstream = await stage.serveAnswer(SWITCH);
  const client = await stage.connect();
  client.send(HANDSHAKE);
  await client.waitFor("101 Switching Protocols");
  const inside = requestOf("GET /inside", "X-Forwarded-For: 6.6.6.6");
  client.send(inside);
  await until("the bytes are there as they were sent", () => upstream.received.endsWith(`\r\n\r\n${inside}`));
  upstream.connections[0]?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n");
  await client.waitFor("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n");
  client.socket.destroy();
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
});

test.each([
  { name: "200", answer: OK, status: 200 },
  { name: "426", answer: "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno", status: 426 },
  {
    name: "a chunked 403",
    answer: "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    status: 403,
  },
])("a handshake that is answered with $name is a plain exchange", async ({ answer, status }) => {
  await stage.serveAnswer(answer);
  const client = await stage.connect();
  client.send(HANDSHAKE);
  await until("it is answered", () => client.isClosed || answersOf(client, ["GET"]).length > 0);
  expect(answersOf(client, ["GET"])[0]?.status).toBe(status);
});

test("a request behind a handshake that is refused does not reach the upstream past the gateway", async () => {
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
  });
  const client = await stage.connect();
  client.send(HANDSHAKE + requestOf("GET /internal/secret", "X-Homeport-Principal: admin"));
  const [first] = await waitForAnswers(client, "GET");
  expect(first?.status).toBe(426);
  await until("the rest is answered or refused", () => client.isClosed || answersOf(client, []).length === 2);
  // Either it was dropped with the connection, or it went through the gateway like any other request.
  expect(upstream.received).not.toMatch(/admin/);
  expect(upstream.received.match(/x-request-id: /gi)).toHaveLength(upstream.received.match(/GET \//g)?.length ?? 0);
});

test("bytes of a WebSocket that are sent before 101 came arrive behind the handshake", async () => {
  let release = () => undefined as unknown;
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) release = () => socket.write(SWITCH);
  });
  const client = await stage.connect();
  client.send(HANDSHAKE);
  await until("the handshake is there", () => upstream.received.endsWith("\r\n\r\n"));
  client.send("\x81\x05early");
  await stage.fixture.valkey.redis.ping(); // a round trip later, it still has to wait for the answer
  expect(upstream.received).not.toContain("early");
  release();
  await client.waitFor("101 Switching Protocols");
  await until("they arrive", () => upstream.received.endsWith("\r\n\r\n\x81\x05early"));
  client.socket.destroy();
});

test.each([
  { name: "a body", bytes: `${requestOf("GET /socket", ...ASKS, "Content-Length: 3")}abc` },
  { name: "POST", bytes: requestOf("POST /socket", ...ASKS) },
  { name: "HTTP/1.0", bytes: HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0") },
])("a handshake with $name never becomes a tunnel", async ({ bytes }) => {
  const upstream = await stage.serveAnswer(SWITCH);
  const client = await stage.connect();
  client.send(bytes);
  await until("it is answered", () => client.isClosed || client.text.includes("\r\n\r\n"));
  expect(client.text).toMatch(/^HTTP\/1\.1 (400|502) /);
  expect(upstream.received).not.toMatch(/upgrade/i);
});
