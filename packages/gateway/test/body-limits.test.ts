import { afterAll, beforeAll, expect, test } from "bun:test";
import { waitForAnswers } from "./conformance/answers.ts";
import { CHUNKED, requestOf } from "./conformance/request-bytes.ts";
import { PolicyStage } from "./policy-stage.ts";
import type { Connection } from "./raw-upstream.ts";
import { until } from "./until.ts";

const LIMIT_BYTES = 100;
const CODING = CHUNKED.trimEnd();

let stage: PolicyStage;
beforeAll(async () => {
  stage = await PolicyStage.open();
});
afterAll(() => stage.close());

/** Answers when the last chunk is there. */
const serve = () =>
  stage.serve({ maxBodyBytes: LIMIT_BYTES }, ({ socket, received }: Connection) => {
    if (received.endsWith("0\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });

test.each([
  { name: "announced", request: requestOf("POST /", `Content-Length: ${LIMIT_BYTES + 1}`) },
  { name: "announced and here", request: requestOf("POST /", "Content-Length: 101") + "x".repeat(LIMIT_BYTES + 1) },
  { name: "here in a chunk", request: `${requestOf("POST /", CODING)}65\r\n${"x".repeat(101)}\r\n0\r\n\r\n` },
  { name: "here in a chunk that goes on", request: `${requestOf("POST /", CODING)}ff\r\n${"x".repeat(101)}` },
])(
  "a body beyond the limit that is $name with its head is 413, and the upstream never hears of it",
  async ({ request }) => {
    const { upstream } = await serve();
    const client = await stage.connect();
    client.send(request);
    const [answer] = await waitForAnswers(client, "POST");
    expect(answer?.status).toBe(413);
    expect(upstream.connections).toEqual([]);
    client.socket.destroy();
  },
);

test("a body that grows beyond the limit on its way is 413, and the upstream's request is broken off", async () => {
  const { upstream } = await serve();
  const client = await stage.connect();
  client.send(`${requestOf("POST /", CODING)}ff\r\n${"x".repeat(LIMIT_BYTES)}`);
  await until("as much as may be is there", () => upstream.received.endsWith("x".repeat(LIMIT_BYTES)));
  client.send("x");
  const [answer] = await waitForAnswers(client, "POST");
  expect(answer?.status).toBe(413);
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
  client.socket.destroy();
});

test("the limit is one of the body: the framing of its chunks does not count", async () => {
  const { upstream } = await serve();
  const client = await stage.connect();
  client.send(requestOf("POST /", CODING));
  await until("the head is there", () => upstream.received !== "");
  client.send(`${"1\r\nx\r\n".repeat(LIMIT_BYTES)}0\r\n\r\n`);
  const [answer] = await waitForAnswers(client, "POST");
  expect(answer?.status).toBe(200);
  client.socket.destroy();
});

test("what came of a body is counted, with its head or behind it", async () => {
  const { upstream, route } = await serve();
  const client = await stage.connect();
  client.send(`${requestOf("POST /", CODING)}5\r\nhello\r\n`);
  await until("the first part is there", () => upstream.received.endsWith("hello\r\n"));
  client.send("0\r\n\r\n");
  await waitForAnswers(client, "POST");
  expect(await stage.count("received_bytes_total", route)).toBe("5\r\nhello\r\n0\r\n\r\n".length);
  client.socket.destroy();
});
