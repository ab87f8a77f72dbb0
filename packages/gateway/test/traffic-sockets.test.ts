import { afterAll, beforeAll, expect, test } from "bun:test";
import { readWorkloadTraffic } from "@homeport/kit/registry/read-traffic.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { expectTold } from "./traffic-reader.ts";
import { until } from "./until.ts";

const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const HANDSHAKE = [
  "GET / HTTP/1.1",
  "Host: ws.localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

let fixture: Fixture;
beforeAll(async () => {
  fixture = await Fixture.open();
});
afterAll(() => fixture.close());

let revision = 0;

/** A gateway of its own with one replica that answers handshakes so, and a WebSocket that asks for one. */
async function open(answer = SWITCHED) {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir, timeouts: { drainMs: 50 } });
  const upstream = await RawUpstream.answering(answer);
  fixture.defer(() => upstream.stop());
  const route = workload(["ws.localhost"], [target(upstream.port)]);
  const serve = (next: WorkloadRoute) => new WorkloadServer(fixture, dataDir, revision++).serve(next);
  await serve(route);
  const client = await RawClient.connect(gateway.port);
  fixture.defer(() => client.socket.destroy());
  client.send(HANDSHAKE);
  await client.waitFor("\r\n\r\n");
  const [connection] = upstream.connections;
  if (connection === undefined) throw new Error("The replica had the handshake.");
  return { gateway, route, serve, client, replica: connection.socket };
}

test.each(["426 Upgrade Required", "500 Oh"])("a handshake that is refused with %s is an error", async (status) => {
  const { route } = await open(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
  await expectTold(fixture.redis, route, { targets: [[1, 1, 0]] });
});

test("a WebSocket that its replica or its client ends has not failed", async () => {
  const first = await open();
  first.replica.end();
  await first.client.closed();
  await first.gateway.stop(); // whose last word has all that was counted
  await expectTold(fixture.redis, first.route, { targets: [[1, 0, 0]] });
  const second = await open();
  second.client.socket.resetAndDestroy();
  await until("the replica's socket is closed", () => second.replica.destroyed);
  await second.gateway.stop();
  await expectTold(fixture.redis, second.route, { targets: [[1, 0, 0]] });
});

test("a WebSocket that is reset while its replica is ready, or still drains, has failed", async () => {
  const { route, serve, client, replica } = await open();
  const [only] = route.targets;
  if (only === undefined) throw new Error("The route has a target.");
  await serve({ ...route, targets: [{ ...only, state: "draining" }] });
  replica.resetAndDestroy();
  await client.closed();
  await expectTold(fixture.redis, route, { targets: [[1, 1, 1]] });
});

test("a WebSocket that ends with its replica after the drain has not failed", async () => {
  const { gateway, route, serve, client, replica } = await open();
  await serve({ ...route, targets: [] });
  expect(client.isClosed).toBe(false);
  replica.resetAndDestroy();
  await client.closed();
  await gateway.stop();
  await expectTold(fixture.redis, route, { targets: [[1, 0, 0]] });
});

test("a WebSocket that the gateway cuts when it stops has failed, is no error of the replica's, and is its last word", async () => {
  const { gateway, route, client } = await open();
  await gateway.stop();
  await client.closed();
  await expectTold(fixture.redis, route, { targets: [[1, 0, 1]] });
  const { gateways } = await readWorkloadTraffic(fixture.redis, route.workloadId);
  expect(gateways.map(({ isStopped }) => isStopped)).toContain(true);
});
