import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Fixture } from "../fixture.ts";
import { GatewayGroup } from "../gateway-group.ts";
import { freePort } from "../gateway-process.ts";
import { until } from "../until.ts";
import { PREFIX, RollingApp } from "./rolling-app.ts";
import { SteadyLoad } from "./steady-load.ts";
import { WorkerTables } from "./worker-tables.ts";

setDefaultTimeout(60_000);

const CONNECTIONS = 40;
const PER_SECOND = 1_000;
const BACK_MS = 2_000;

let fixture: Fixture;
let group: GatewayGroup;
let load: SteadyLoad;

beforeAll(async () => {
  fixture = await Fixture.open();
  const env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  group = await GatewayGroup.start(fixture, env, await freePort());
  await new RollingApp(fixture, new WorkerTables(group, env.HOMEPORT_DATA)).start();
  const { port } = group;
  load = new SteadyLoad({ port, host: "localhost", prefix: PREFIX, perSecond: PER_SECOND, connections: CONNECTIONS });
  fixture.defer(() => load.end());
  await until(
    "all clients are connected, to both workers",
    () => load.processes.size === 2 && load.answered > PER_SECOND,
  );
});
afterAll(() => fixture.close());

test("a worker that is killed costs at most one request per connection that it had, nobody else's, and is replaced", async () => {
  expect(load.failures).toEqual([]);
  const clients = load.clientsByProcess();
  const [victim = 0] = await group.serving();
  process.kill(victim, "SIGKILL");
  const tookMs = await until("two serve again", async () => {
    const serving = await group.serving();
    return serving.length === 2 && !serving.includes(victim);
  });
  expect(tookMs).toBeLessThan(BACK_MS);
  const failedBefore = load.failures.length;
  const { answered } = load;
  await until("the load went on", () => load.answered > answered + PER_SECOND);
  await load.end();

  const living = load.processes;
  const [ofVictim = []] = [...clients].flatMap(([process, ids]) => (living.has(process) ? [] : [ids]));
  expect(load.failures.filter(({ client }) => !ofVictim.includes(client)).slice(0, 20)).toEqual([]);
  expect(load.failures.length).toBeLessThanOrEqual(ofVictim.length);
  expect(load.failures).toHaveLength(failedBefore);
});
