import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { TRAFFIC_KEPT_MS, TRAFFIC_LEASE_MS, trafficIndexKey, trafficKey } from "@homeport/kit/registry/keys.ts";
import { readWorkloadTraffic, trafficBetween } from "@homeport/kit/registry/read-traffic.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { Fixture, get, WorkloadServer } from "../fixture.ts";
import { GatewayGroup } from "../gateway-group.ts";
import { freePort } from "../gateway-process.ts";
import { RawUpstream } from "../raw-upstream.ts";
import { target, workload, writeWorkloads } from "../records.ts";
import { expectTold } from "../traffic-reader.ts";
import { until } from "../until.ts";

setDefaultTimeout(60_000);

const HOST = "app.localhost";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let fixture: Fixture;
let route: WorkloadRoute;

beforeAll(async () => {
  fixture = await Fixture.open();
  const upstream = await RawUpstream.start(({ socket }) => void socket.write(OK));
  fixture.defer(() => upstream.stop());
  route = workload([HOST], [target(upstream.port)]);
});
afterAll(() => fixture.close());

const read = () => readWorkloadTraffic(fixture.redis, route.workloadId);

/** On a connection of its own, which any of the workers may get. */
async function ask(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { host: HOST, connection: "close" } });
  expect(await response.text()).toBe("ok");
}

test("what was counted is told again when Valkey comes back empty, or is emptied, and what it missed as well", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  await new WorkloadServer(fixture, dataDir).serve(route);
  const host = { host: HOST };
  await get(gateway, "/", host);
  await expectTold(fixture.redis, route, { targets: [[1, 0, 0]] });

  await fixture.valkey.kill();
  await get(gateway, "/", host);
  await fixture.valkey.start();
  await expectTold(fixture.redis, route, { targets: [[2, 0, 0]] });

  await fixture.redis.flushall();
  await until("it is told again", async () => (await read()).gateways.length === 1, TRAFFIC_LEASE_MS);
  await expectTold(fixture.redis, route, { targets: [[2, 0, 0]] });
  await gateway.stop();
});

test("a gateway that stops leaves its last word for a while", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  await fixture.redis.flushall();
  await new WorkloadServer(fixture, dataDir).serve(route);
  await expectTold(fixture.redis, route, { targets: [[0, 0, 0]] });
  const before = await read();
  await get(gateway, "/", { host: HOST });
  await gateway.stop();
  const after = await read();
  expect(after.gateways).toMatchObject([{ isStopped: true, targets: [{ requests: 1 }] }]);
  expect(trafficBetween(before, after)).toMatchObject({ requests: 1, isComplete: true });
  const lifetimeMs = await fixture.redis.pttl(trafficKey(route.workloadId, after.gateways[0]?.instance ?? ""));
  expect(lifetimeMs).toBeGreaterThan(TRAFFIC_KEPT_MS - TRAFFIC_LEASE_MS);
  expect(await fixture.redis.pttl(trafficIndexKey(route.workloadId))).toBeGreaterThan(0);
});

test("workers are summed; one that is killed is missed when its lease ends, one that is replaced at a reload is not", async () => {
  await fixture.redis.flushall();
  const env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  await writeWorkloads(fixture.redis, 1, [route]);
  const group = await GatewayGroup.start(fixture, env, await freePort());
  let asked = 0;
  const askUntilBothHaveSome = async () => {
    await until("both workers have requests", async () => {
      await ask(group.port);
      asked++;
      const { gateways } = await read();
      const living = gateways.filter(({ isStopped }) => !isStopped);
      return living.length === 2 && living.every(({ targets }) => targets.some(({ requests }) => requests > 0));
    });
  };
  await askUntilBothHaveSome();
  await expectTold(fixture.redis, route, { targets: [[asked, 0, 0]] });

  const before = await read();
  group.signal("SIGHUP");
  await until("all are replaced", async () => (await group.health()).lastReload === "done", 30_000);
  const askedBefore = asked;
  await askUntilBothHaveSome();
  await until("the old ones have had their last word", async () => {
    const { gateways } = await read();
    return gateways.filter(({ isStopped }) => isStopped).length === 2;
  });
  await expectTold(fixture.redis, route, { targets: [[asked - askedBefore, 0, 0]] }, before);
  expect(trafficBetween(before, await read()).isComplete).toBe(true);

  const beforeDeath = await read();
  const [victim = 0] = await group.serving();
  process.kill(victim, "SIGKILL");
  const isMissed = async () => !trafficBetween(beforeDeath, await read()).isComplete;
  await until("it is missed", isMissed, TRAFFIC_LEASE_MS + 2_000);
  expect(trafficBetween(beforeDeath, await read())).toMatchObject({ requests: 0, errors: 0, failed: 0 });
});
