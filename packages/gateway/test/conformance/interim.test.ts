import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { HOST, requestOf } from "./request-bytes.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.css>; rel=preload\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

test("103 Early Hints arrives before the answer does", async () => {
  const upstream = await stage.serveAnswer(HINTS);
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  await client.waitFor("103 Early Hints\r\n");
  await client.waitFor("Link: </a.css>; rel=preload\r\nLink: </b.css>; rel=preload\r\n");
  upstream.connections[0]?.socket.write(OK);
  const [answer] = await waitForAnswers(client, "GET");
  expect(answer?.interim.map(({ startLine }) => startLine)).toEqual(["HTTP/1.1 103 Early Hints"]);
  expect(answer?.body).toBe("ok");
});

test("several interim answers pass in order, and the connection serves the next request", async () => {
  const interim = ["HTTP/1.1 102 Processing\r\n\r\n", HINTS, "HTTP/1.1 199 Nearly There\r\nX-A: 1\r\n\r\n", HINTS];
  await stage.serveAnswer(interim.join("") + OK);
  const client = await stage.connect();
  for (let turn = 1; turn <= 3; turn++) {
    client.send(requestOf("GET /"));
    const answers = await waitForAnswers(client, ...new Array<string>(turn).fill("GET"));
    const lines = answers.at(-1)?.interim.map(({ startLine }) => startLine);
    expect(lines).toEqual(interim.map((bytes) => bytes.split("\r\n")[0] ?? ""));
    expect(answers.at(-1)?.body).toBe("ok");
  }
});

test("an interim answer loses what ends here, as any answer, and framing that it can't have", async () => {
  const lines = [
    "Connection: X-Hop",
    "X-Hop: 1",
    "Keep-Alive: 5",
    "X-Request-Id: forged",
    "Content-Length: 5",
    "Link: </a>",
  ];
  await stage.serveAnswer(`HTTP/1.0 103 Early Hints\r\n${lines.join("\r\n")}\r\n\r\n${OK}`);
  const client = await stage.connect();
  client.send(requestOf("GET /"));
  const [answer] = await waitForAnswers(client, "GET");
  expect(answer?.interim.map(({ startLine, fields }) => ({ startLine, fields }))).toEqual([
    { startLine: "HTTP/1.1 103 Early Hints", fields: [["Link", "</a>"]] },
  ]);
  expect(answer?.body).toBe("ok");
});

test("an HTTP/1.0 client, which knows no interim answers, gets only the last one", async () => {
  await stage.serveAnswer(HINTS + OK);
  const client = await stage.connect();
  client.send(`GET / HTTP/1.0\r\n${HOST}\r\n`);
  await client.closed();
  expect(client.text).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
  expect(client.text).toEndWith("\r\n\r\nok");
});

const upload = (...lines: string[]) => requestOf("PUT /up", "Content-Length: 8", "Expect: 100-continue", ...lines);

test("Expect: 100-continue reaches the upstream, whose 100 lets the body come", async () => {
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("the body")) socket.write(OK);
    else if (received.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
  });
  const client = await stage.connect();
  client.send(upload());
  await client.waitFor("HTTP/1.1 100 Continue\r\n\r\n");
  expect(upstream.received).toMatch(/\r\nExpect: 100-continue\r\n/i);
  client.send("the body");
  const [answer] = await waitForAnswers(client, "PUT");
  expect(answer?.interim).toHaveLength(1);
  expect(answer?.body).toBe("ok");
});

test("a client that does not wait for 100 is served too", async () => {
  await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("the body")) socket.write(OK);
  });
  const client = await stage.connect();
  client.send(`${upload()}the body`);
  const [answer] = await waitForAnswers(client, "PUT");
  expect(answer?.body).toBe("ok");
});

test.each([
  { name: "and closes", lines: "Connection: close\r\n" },
  { name: "and keeps the connection", lines: "" },
])("an upstream that refuses what it is told to expect $name spares the client the body", async ({ lines }) => {
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("\r\n\r\n")) socket.write(`HTTP/1.1 417 No\r\nContent-Length: 2\r\n${lines}\r\nno`);
  });
  const client = await stage.connect();
  client.send(upload());
  const [answer] = await waitForAnswers(client, "PUT");
  expect([answer?.status, answer?.body, answer?.interim]).toEqual([417, "no", []]);
  client.socket.destroy();
  // Its next request would be read as the body that never came.
  await until("the upstream's connection is not used again", () => upstream.connections[0]?.isClosed === true);
});

test("an answer before the upload is complete reaches the client, which then stops", async () => {
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.length > 200_000 && socket.writable) {
      socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    }
  });
  const client = await stage.connect();
  client.send(requestOf("POST /big", "Content-Length: 50000000"));
  for (let i = 0; i < 10; i++) client.send(Buffer.alloc(100_000));
  await client.waitFor("\r\n\r\nbig");
  expect(client.text).toStartWith("HTTP/1.1 413 Too Large\r\n");
  await client.closed(); // nobody waits for the 49 MB that are missing
  await until("the upstream is let go", () => upstream.connections.every(({ isClosed }) => isClosed));
});

test("what is left of an upload that was answered early is read by nobody as a request", async () => {
  const upstream = await stage.serveThat(({ socket, received }) => {
    if (received.endsWith("start")) socket.write("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
    else if (received.endsWith("\r\n\r\n")) socket.write(OK);
  });
  const evil = requestOf("GET /evil");
  const client = await stage.connect();
  client.send(`${requestOf("POST /up", `Content-Length: ${5 + evil.length}`)}start`);
  await client.waitFor("\r\n\r\nno");
  client.send(evil + requestOf("GET /next"));
  await until(
    "the next request is answered, or the connection is over",
    () => client.isClosed || client.text.endsWith("ok"),
  );
  expect((await stage.ask("GET /other")).body).toBe("ok");
  expect(
    upstream.connections
      .map(({ received }) => received)
      .filter((received) => /^GET \/evil/m.test(received) && !received.startsWith("POST /up")),
  ).toEqual([]);
  expect(client.text.match(/HTTP\/1\.1 \d+/g)?.length).toBeLessThanOrEqual(2);
  expect(upstream.connections[0]?.received).not.toMatch(/\/(next|other)/);
});
