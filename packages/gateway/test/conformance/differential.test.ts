import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { target, workload } from "../records.ts";
import { until } from "../until.ts";
import { ACCEPTED } from "./accepted-cases.ts";
import { type Answer, answersOf } from "./answers.ts";
import { valuesOf } from "./http-reader.ts";
import { canStart, type RealServer, SERVER_NAMES, type ServerName, startServer } from "./real-servers.ts";
import { Stage } from "./stage.ts";

/** What only the gateway says is a problem document; these servers have none. */
const isOwn = (answer: Answer) => valuesOf(answer, "content-type")[0] === "application/problem+json";

function testAgainst(name: ServerName): void {
  let stage: Stage;
  let server: RealServer;
  let markers = 0;

  beforeAll(async () => {
    stage = await Stage.open();
    server = await startServer(name, stage.fixture);
    await stage.serveRoutes(workload(["app.localhost"], [target(server.port)]));
  }, 15_000);
  afterAll(() => stage.close());
  afterEach(() => stage.hangUp());

  const nextMarker = () => `GET /marker-${++markers}`;
  const requestOf = (line: string) => `${line} HTTP/1.1\r\nHost: app.localhost\r\n\r\n`;

  /** What the server has read behind the first `count` requests, once the last one is this. */
  async function readSince(count: number, last: string): Promise<string[]> {
    let requests: string[] = [];
    await until(`"${last}" is the last that the server has read`, async () => {
      requests = await server.requests();
      return requests.at(-1) === last;
    });
    return requests.slice(count);
  }

  test.each(ACCEPTED)("$name", async ({ line, bytes }) => {
    const countBefore = (await server.requests()).length;
    const [method = "GET"] = line.split(" ");
    const client = await stage.connect();
    client.send(bytes);
    await until("it is answered", () => client.isClosed || answersOf(client, [method]).length === 1);
    const [answer] = answersOf(client, [method]);
    // Behind the answer: whatever the server took for a request of its own would have been read, and answered, before.
    const marker = nextMarker();
    const asker = client.isClosed ? await stage.connect() : client;
    const methods = asker === client ? [method, "GET"] : ["GET"];
    asker.send(requestOf(marker));
    await until("the marker is answered", () => answersOf(asker, methods).length === methods.length);
    expect(answersOf(asker, methods).at(-1)?.body).toBe(marker);
    const isRefused = answer === undefined || isOwn(answer);
    expect(await readSince(countBefore, marker)).toHaveLength(isRefused ? 1 : 2);
  });

  test("in the end, each case and each marker was read once", async () => {
    const marker = nextMarker();
    const client = await stage.connect();
    client.send(requestOf(marker));
    const requests = await readSince(0, marker);
    expect(requests.filter((request) => request.startsWith("GET /marker-"))).toHaveLength(ACCEPTED.length + 1);
    expect(requests.length).toBeLessThanOrEqual(2 * ACCEPTED.length + 1);
  });
}

for (const name of SERVER_NAMES) {
  describe.skipIf(!canStart(name))(`what the gateway takes for one request is one request to ${name}:`, () =>
    testAgainst(name),
  );
}
