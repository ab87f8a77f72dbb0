import { afterAll, beforeAll, expect, test } from "bun:test";
import { readWorkloadTraffic } from "@homeport/kit/registry/read-traffic.ts";
import type { Target, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Gateway } from "../src/index.ts";
import { UpstreamProcess } from "./faults/upstream-process.ts";
import { Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { type Connection, RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { expectTold } from "./traffic-reader.ts";
import { until } from "./until.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const ERROR = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\noh";
const HALF = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";
const HOST = "app.localhost";

let fixture: Fixture;
let gateway: Gateway;
let workloads: WorkloadServer;

beforeAll(async () => {
  fixture = await Fixture.open();
  const dataDir = await fixture.folder();
  gateway = await fixture.gateway({ dataDir, timeouts: { headMs: 300, responseMs: 300, bodyIdleMs: 300 } });
  workloads = new WorkloadServer(fixture, dataDir);
});
afterAll(() => fixture.close());

async function start(onData: (connection: Connection) => void): Promise<RawUpstream> {
  const upstream = await RawUpstream.start(onData);
  fixture.defer(() => upstream.stop());
  return upstream;
}

const answering = (bytes: string) => start(({ socket }) => void socket.write(bytes));
const breaking = () => start(({ socket }) => void socket.destroy());

async function serve(...targets: Target[]): Promise<WorkloadRoute> {
  const route = workload([HOST], targets);
  await workloads.serve(route);
  return route;
}

/** The status, or 0 for an answer that broke off. */
async function statusOf(path = "/", method = "GET"): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { method, headers: { host: HOST } });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

test("what a replica answers are requests, 5xx are errors too, and nobody failed", async () => {
  const answers: Record<string, string> = { "/error": ERROR, "/none": OK.replace("200", "404") };
  const upstream = await start(({ socket, received }) => {
    const path = received.slice(received.lastIndexOf("GET ")).split(" ")[1] ?? "";
    socket.write(answers[path] ?? OK);
  });
  const route = await serve(target(upstream.port));
  const statuses: number[] = [];
  for (const path of ["/", "/error", "/none", "/error", "/"]) statuses.push(await statusOf(path));
  expect(statuses).toEqual([200, 500, 404, 500, 200]);
  await expectTold(fixture.redis, route, { targets: [[5, 2, 0]] });
});

type Faulty = { name: string; onData: (connection: Connection) => void; status: number };
const FAULTY: Faulty[] = [
  { name: "breaks off amid its answer", onData: ({ socket }) => void socket.end(HALF), status: 0 },
  { name: "stands still amid its answer", onData: ({ socket }) => void socket.write(HALF), status: 0 },
  { name: "answers what is no HTTP", onData: ({ socket }) => void socket.write("garbage\r\n\r\n"), status: 502 },
  {
    name: "answers with 500 and breaks off",
    onData: ({ socket }) => void socket.end(HALF.replace("200 OK", "500 Oh")),
    status: 0,
  },
  { name: "does not answer in time", onData: () => undefined, status: 504 },
];

test.each(FAULTY)("a request to a replica that $name has failed, once", async ({ onData, status }) => {
  const route = await serve(target((await start(onData)).port));
  expect(await statusOf()).toBe(status);
  await expectTold(fixture.redis, route, { targets: [[1, 1, 1]] });
});

test("what a replica was doing when it was killed has failed, and what comes then as well", async () => {
  const replica = await UpstreamProcess.start(fixture);
  const route = await serve(target(replica.port));
  const client = await RawClient.connect(gateway.port);
  client.send(`GET /half HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.waitFor("half");
  await replica.kill();
  await client.closed();
  expect(await statusOf()).toBe(502);
  await expectTold(fixture.redis, route, { targets: [[2, 2, 2]] });
});

test("a request that another replica answered has not failed, and is an error of the first", async () => {
  const route = await serve(target((await breaking()).port), target((await answering(OK)).port));
  for (let count = 0; count < 4; count++) expect(await statusOf()).toBe(200);
  await expectTold(fixture.redis, route, {
    targets: [
      [1, 1, 0],
      [4, 0, 0],
    ],
  });
});

test("a request that two replicas broke off has failed once", async () => {
  const route = await serve(target((await breaking()).port), target((await breaking()).port));
  expect(await statusOf()).toBe(502);
  await expectTold(fixture.redis, route, {
    targets: [
      [1, 1, 0],
      [1, 1, 1],
    ],
    inAnyOrder: true,
  });
});

test("a request that can't be repeated has failed at the first", async () => {
  const route = await serve(target((await breaking()).port), target((await breaking()).port));
  expect(await statusOf("/", "POST")).toBe(502);
  await expectTold(fixture.redis, route, {
    targets: [
      [0, 0, 0],
      [1, 1, 1],
    ],
    inAnyOrder: true,
  });
});

test("a request whose replica broke off as the last one left the table has failed", async () => {
  let isAsked = false;
  const upstream = await start(() => {
    isAsked = true;
  });
  const route = await serve(target(upstream.port));
  const status = statusOf();
  await until("the replica has the request", () => isAsked);
  await workloads.serve({ ...route, targets: [] });
  for (const { socket } of upstream.connections) socket.destroy();
  expect(await status).toBe(502);
  await expectTold(fixture.redis, route, { targets: [[1, 1, 1]] });
});

test("requests without a replica are unserved", async () => {
  const route = await serve();
  for (let count = 0; count < 3; count++) expect(await statusOf()).toBe(503);
  await expectTold(fixture.redis, route, { targets: [], unserved: 3 });
});

test("a client that goes away or is slow is no fault of the replica's", async () => {
  const upstream = await start(({ socket }) => void socket.write(HALF));
  const route = await serve(target(upstream.port));
  const goAway = async () => {
    const client = await RawClient.connect(gateway.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.waitFor("half");
    client.socket.destroy();
  };
  await goAway();
  const slow = await RawClient.connect(gateway.port);
  slow.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\n1`);
  await slow.closed();
  await goAway(); // told of together with what was counted before
  await expectTold(fixture.redis, route, { targets: [[3, 0, 0]] });
});

test("a canary's errors are told beside the requests of the stable replica, by its weight", async () => {
  const stable = { ...target((await answering(OK)).port), weight: 90 };
  const canary = { ...target((await answering(ERROR)).port), weight: 10 };
  const route = await serve(stable, canary);
  for (let count = 0; count < 100; count++) await statusOf();
  await expectTold(fixture.redis, route, {
    targets: [
      [90, 0, 0],
      [10, 10, 0],
    ],
  });
});

test("what a replica did is still told when it has left, and what happens then is told of the next", async () => {
  const [old, next] = [target((await answering(ERROR)).port), target((await answering(OK)).port)];
  const route = await serve(old);
  await statusOf();
  await workloads.serve({ ...route, targets: [{ ...old, state: "draining" }, next] });
  await statusOf();
  await workloads.serve({ ...route, targets: [next] });
  await statusOf();
  await expectTold(
    fixture.redis,
    { ...route, targets: [old, next] },
    {
      targets: [
        [1, 1, 0],
        [2, 0, 0],
      ],
    },
  );
});

test("from one snapshot to the next is what happened between them", async () => {
  const route = await serve(target((await answering(ERROR)).port));
  await statusOf();
  await expectTold(fixture.redis, route, { targets: [[1, 1, 0]] });
  const before = await readWorkloadTraffic(fixture.redis, route.workloadId);
  for (let count = 0; count < 2; count++) await statusOf();
  await expectTold(fixture.redis, route, { targets: [[2, 2, 0]] }, before);
});
