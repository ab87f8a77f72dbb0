import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Fixture } from "../fixture.ts";
import { GatewayGroup } from "../gateway-group.ts";
import { freePort } from "../gateway-process.ts";
import { until } from "../until.ts";
import { PREFIX, RollingApp } from "./rolling-app.ts";
import { SteadyLoad } from "./steady-load.ts";
import { WorkerTables } from "./worker-tables.ts";

const REQUESTS = 100_000;
/** A third of what two cores sustain with the clients and the app on them. */
const PER_SECOND = 2_500;
const CONNECTIONS = 60;
const REPLACEMENTS = 20;
const RELOADS = 5;
const RELOAD_MS = 30_000;
const TEST_MS = 120_000;

setDefaultTimeout(TEST_MS);

let fixture: Fixture;
let group: GatewayGroup;
let app: RollingApp;

beforeAll(async () => {
  fixture = await Fixture.open();
  const env = { REDIS_URL: fixture.valkey.socketPath, HOMEPORT_DATA: await fixture.folder() };
  group = await GatewayGroup.start(fixture, env, await freePort());
  app = new RollingApp(fixture, new WorkerTables(group, env.HOMEPORT_DATA));
  await app.start();
  await app.start();
});
afterAll(() => fixture.close());

test("20 rolling replacements of an app and 5 reloads of the gateway cost none of 100,000 requests", async () => {
  const common = { port: group.port, host: "localhost", prefix: PREFIX };
  const load = new SteadyLoad({ ...common, perSecond: PER_SECOND, connections: CONNECTIONS });
  fixture.defer(() => load.end());
  const untilSent = (share: number) => until("the load is there", () => load.sent >= share * REQUESTS, TEST_MS);
  const replaceAll = async () => {
    for (let count = 0; count < REPLACEMENTS; count++) {
      await untilSent(count / REPLACEMENTS);
      await app.replaceOldest();
    }
  };
  const reloadAll = async () => {
    for (let count = 0; count < RELOADS; count++) {
      await untilSent(count / RELOADS);
      await reload();
    }
  };
  await Promise.all([replaceAll(), reloadAll(), untilSent(1)]);
  await load.end();
  expect(load.failures.slice(0, 20)).toEqual([]);
  expect(load.silentCloses).toBe(0);
  expect(load.answered).toBe(load.sent);
  expect(load.sent).toBeGreaterThanOrEqual(REQUESTS);
});

async function reload(): Promise<void> {
  const old = await group.serving();
  group.signal("SIGHUP");
  const areReplaced = async () => {
    const { lastReload, workers } = await group.health();
    return lastReload === "done" && workers.length === 2 && workers.every(({ pid }) => !old.includes(pid));
  };
  await until("all workers are new ones", areReplaced, RELOAD_MS);
}
