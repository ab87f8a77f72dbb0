import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Connection } from "../raw-upstream.ts";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { EchoUpstream } from "./echo-upstream.ts";
import { requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const paths = (count: number) => Array.from({ length: count }, (_, index) => `/number-${index}`);
const methods = (count: number, method = "GET") => new Array<string>(count).fill(method);

test.each([3, 100])("%d requests sent at once are answered in their order", async (count) => {
  const { upstream, raw } = await EchoUpstream.start();
  await stage.serve(raw);
  const client = await stage.connect();
  client.send(
    paths(count)
      .map((path) => requestOf(`GET ${path}`))
      .join(""),
  );
  const answers = await waitForAnswers(client, ...methods(count));
  expect(answers.map(({ body }) => body)).toEqual(paths(count).map((path) => `GET ${path}`));
  expect(upstream.seen).toHaveLength(count);
  expect(upstream.faults).toEqual([]);
});

test("a hundred requests with bodies of every framing, sent at once, keep their bodies and order", async () => {
  const { upstream, raw } = await EchoUpstream.start();
  await stage.serve(raw);
  const client = await stage.connect();
  const bytes = paths(100).map((path, index) => {
    const body = `body-${index}`;
    if (index % 3 === 0) return `${requestOf(`POST ${path}`, `Content-Length: ${body.length}`)}${body}`;
    if (index % 3 === 1) return requestOf(`GET ${path}`);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return `${requestOf(`PUT ${path}`, "Transfer-Encoding: chunked")}${chunk}`;
  });
  client.send(bytes.join(""));
  const answers = await waitForAnswers(client, ...methods(100));
  const methodOf = (index: number) => ["POST", "GET", "PUT"][index % 3];
  expect(answers.map(({ body }) => body)).toEqual(paths(100).map((path, index) => `${methodOf(index)} ${path}`));
  expect(upstream.seen.map(({ body }) => body)).toEqual(paths(100).map((_, i) => (i % 3 === 1 ? "" : `body-${i}`)));
});

test("a slow first answer is not overtaken by the second, and mixed answers without body are not mixed up", async () => {
  let release = () => undefined as unknown;
  await stage.serveThat(({ socket, received }) => {
    const [method, path] = received.slice(received.lastIndexOf("\r\n\r\n", received.length - 5) + 4 || 0).split(" ");
    if (path === "/slow") release = () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    else if (method === "HEAD") socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    else if (path === "/none") socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    else socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfast\r\n0\r\n\r\n");
  });
  const client = await stage.connect();
  const lines = ["GET /slow", "HEAD /head", "GET /none", "GET /fast"];
  client.send(lines.map((line) => requestOf(line)).join(""));
  const other = await stage.ask("GET /fast"); // a round trip of somebody else's: the slow one is still waiting
  expect(other.body).toBe("fast");
  expect(client.text).toBe("");
  release();
  const answers = await waitForAnswers(client, "GET", "HEAD", "GET", "GET");
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, "slow"],
    [200, ""],
    [204, ""],
    [200, "fast"],
  ]);
});

test("requests behind one that says Connection: close are not answered", async () => {
  const { upstream, raw } = await EchoUpstream.start();
  await stage.serve(raw);
  const client = await stage.connect();
  client.send(requestOf("GET /last", "Connection: close") + requestOf("GET /behind"));
  await client.closed();
  const [answer] = await waitForAnswers(client, "GET");
  expect(answer?.body).toBe("GET /last");
  expect(upstream.seen).toHaveLength(1);
});

const answersAndThen = (act: (connection: Connection) => void) => (connection: Connection) => {
  if (!/\r\n\r\n(abc)?$/.test(connection.received)) return;
  connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", () => act(connection));
};

test.each([
  { method: "GET", body: "" },
  { method: "POST", body: "abc" },
])(
  "twelve times, a pooled connection that its upstream has closed is not used for a $method",
  async ({ method, body }) => {
    const upstream = await stage.serveThat(answersAndThen(({ socket }) => socket.end()));
    const client = await stage.connect();
    for (let turn = 1; turn <= 12; turn++) {
      client.send(requestOf(`${method} /turn-${turn}`, ...(body === "" ? [] : ["Content-Length: 3"])) + body);
      const answers = await waitForAnswers(client, ...methods(turn, method));
      expect(answers.at(-1)?.status).toBe(200);
      await until("the gateway lets go of it", () => upstream.connections.every(({ isClosed }) => isClosed));
    }
    expect(upstream.connections).toHaveLength(12);
  },
);

test("twelve times, a pooled connection that dies under a GET costs the client nothing", async () => {
  const upstream = await stage.serveThat((connection) => {
    const count = connection.received.split("\r\n\r\n").length - 1;
    if (count === 1) connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    else connection.socket.destroy();
  });
  const client = await stage.connect();
  for (let turn = 1; turn <= 12; turn++) {
    client.send(requestOf(`GET /turn-${turn}`));
    expect((await waitForAnswers(client, ...methods(turn))).at(-1)?.status).toBe(200);
  }
  expect(upstream.connections.length).toBeGreaterThan(6);
});

test("400 event streams at once all get their event, and end with their readers", async () => {
  const upstream = await stage.serveThat(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  });
  const clients = await Promise.all(Array.from({ length: 400 }, () => stage.connect()));
  for (const client of clients) client.send(requestOf("GET /events"));
  await until("every head is here", () => clients.every(({ text }) => text.includes("\r\n\r\n")));
  for (const { socket } of upstream.connections) socket.write("d\r\ndata: hello\n\n\r\n");
  await until("everyone got the event", () => clients.every(({ text }) => text.includes("data: hello\n\n")));
  for (const client of clients) client.socket.destroy();
  await until("the upstream is rid of them", () => upstream.connections.every(({ isClosed }) => isClosed));
});
