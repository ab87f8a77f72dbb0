import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
const GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
const NO_BODY = "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n";
const NOT_MODIFIED = 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 4\r\n\r\n';

/** Whole answers to the first request, followed by bytes that nobody asked for. */
const ANSWERS = [
  {
    name: "a body with a length",
    method: "GET",
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept",
    body: "kept",
  },
  { name: "a body of no bytes", method: "GET", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body: "" },
  {
    name: "a chunked body",
    method: "GET",
    bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nkept\r\n0\r\n\r\n",
    body: "kept",
  },
  { name: "204", method: "GET", bytes: NO_BODY, body: "" },
  { name: "304", method: "GET", bytes: NOT_MODIFIED, body: "" },
  { name: "the answer to HEAD", method: "HEAD", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", body: "" },
];
const LEFTOVERS = [
  { what: "another answer", leftover: EVIL },
  { what: "a body", leftover: "evil" },
  { what: "a chunk", leftover: "4\r\nevil\r\n0\r\n\r\n" },
  { what: "an empty line", leftover: "\r\n" },
];

for (const { what, leftover } of LEFTOVERS) {
  test.each(ANSWERS)(`${what} behind $name reaches nobody`, async ({ method, bytes, body }) => {
    const upstream = await stage.serveThat(({ socket, received }) => {
      const isFirst = received.includes("/first");
      socket.write(isFirst ? bytes + leftover : GOOD);
    });
    const client = await stage.connect();
    client.send(requestOf(`${method} /first`) + requestOf("GET /second"));
    const [first, second] = await waitForAnswers(client, method, "GET");
    expect([first?.body, second?.body]).toEqual([body, "good"]);
    expect(client.text).not.toContain("evil");
    expect((await stage.ask("GET /third")).body).toBe("good");
    await until("the connection with the leftover is closed", () => upstream.connections[0]?.isClosed === true);
    expect(upstream.connections[0]?.received).not.toMatch(/second|third/);
  });

  test.each(ANSWERS.filter(({ body }) => body !== ""))(
    `${what} behind $name reaches nobody when the body's end comes later`,
    async ({ bytes }) => {
      const upstream = await stage.serveThat(({ socket, received }) => {
        socket.write(received.includes("/first") ? bytes.slice(0, bytes.indexOf("kept") + 2) : GOOD);
      });
      const client = await stage.connect();
      client.send(requestOf("GET /first"));
      await client.waitFor("ke");
      upstream.connections[0]?.socket.write(bytes.slice(bytes.indexOf("kept") + 2) + leftover);
      await waitForAnswers(client, "GET");
      client.send(requestOf("GET /second"));
      const [first, second] = await waitForAnswers(client, "GET", "GET");
      expect([first?.body, second?.body]).toEqual(["kept", "good"]);
      expect(upstream.connections[0]?.received).not.toContain("/second");
    },
  );

  test(`${what} on a connection that rests reaches nobody`, async () => {
    const upstream = await stage.serveAnswer(GOOD);
    const client = await stage.connect();
    client.send(requestOf("GET /first"));
    await waitForAnswers(client, "GET");
    upstream.connections[0]?.socket.write(leftover);
    await until("the gateway lets go of it", () => upstream.connections[0]?.isClosed === true);
    client.send(requestOf("GET /second"));
    const [, second] = await waitForAnswers(client, "GET", "GET");
    expect(second?.body).toBe("good");
    expect(upstream.connections).toHaveLength(2);
  });
}

test("field values of an upstream cannot be broken out of by encoded line ends", async () => {
  await stage.serveAnswer("HTTP/1.1 200 OK\r\nLocation: /%0d%0aSet-Cookie:%20a=1\r\nContent-Length: 0\r\n\r\n");
  const answer = await stage.ask("GET /");
  expect(answer.fields).toContainEqual(["Location", "/%0d%0aSet-Cookie:%20a=1"]);
  expect(answer.fields.map(([name]) => name.toLowerCase())).not.toContain("set-cookie");
});
