import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { APP_KEYS, POLICIES_KEY, WORKLOADS_KEY } from "@homeport/kit/registry/keys.ts";
import { admin } from "../fixture.ts";
import { until } from "../until.ts";
import { BEAT_MS } from "./platform.ts";
import { SteadyLoad } from "./steady-load.ts";
import { PLATFORM, SHOP, ValkeyBed } from "./valkey-bed.ts";

setDefaultTimeout(60_000);

/** What a beat that is due now takes until it is in Valkey. */
const WRITE_MS = 1_000;
const READ_MS = 6_000;

let bed: ValkeyBed;
let loads: SteadyLoad[];

beforeAll(async () => {
  bed = await ValkeyBed.open();
  const common = { port: bed.gateway.port, perSecond: 150, connections: 10 };
  loads = [new SteadyLoad({ ...common, host: SHOP }), new SteadyLoad({ ...common, host: PLATFORM, prefix: "/app" })];
  bed.fixture.defer(() => Promise.all(loads.map((load) => load.end())));
});
afterAll(() => bed.close());

/** `recover` resolves when Valkey takes and gives again. */
type Fault = { name: string; strike: () => Promise<unknown>; recover: () => unknown };

let frozen = 0;
let spoilt: string[] = [];

const FAULTS: Fault[] = [
  {
    name: "is killed, and started again empty",
    strike: async () => {
      await bed.fixture.valkey.kill();
      await bed.untilNoticed();
    },
    recover: () => bed.fixture.valkey.start(),
  },
  {
    name: "is stopped, and started again empty",
    strike: async () => {
      process.kill(await bed.valkeyPid(), "SIGTERM");
      await bed.untilNoticed();
    },
    recover: async () => {
      await bed.fixture.valkey.kill();
      await bed.fixture.valkey.start();
    },
  },
  {
    name: "is frozen for some seconds",
    strike: async () => {
      frozen = await bed.valkeyPid();
      process.kill(frozen, "SIGSTOP");
      await bed.untilNoticed();
    },
    recover: () => process.kill(frozen, "SIGCONT"),
  },
  { name: "is emptied", strike: () => bed.fixture.redis.flushall(), recover: () => undefined },
  {
    name: "has other kinds of values under the platform's keys, until somebody deletes them",
    strike: async () => {
      const { redis } = bed.fixture;
      spoilt = [...(await redis.keys(APP_KEYS)), WORKLOADS_KEY, POLICIES_KEY];
      const transaction = redis.multi().del(spoilt);
      for (const key of spoilt) transaction.lpush(key, "wrong");
      await transaction.exec();
      const invalid = async () => (await admin<{ invalid: unknown[] }>(bed.gateway.dataDir, "/table")).invalid;
      await until("the gateway has seen them", async () => (await invalid()).length > 0, READ_MS);
    },
    recover: () => bed.fixture.redis.del(spoilt),
  },
];

test.each(FAULTS)(
  "Valkey $name: no request fails, and within a beat all is there again, and what is new as well",
  async ({ strike, recover }) => {
    const requestsBefore = bed.app.requestCount;
    await strike();
    expect(await bed.isServing()).toBe(true);
    const isNewAppRouted = bed.startNewApp();
    await recover();
    await until("a new app is routed", isNewAppRouted, BEAT_MS);
    await until("the registry is whole", () => bed.platform.isWhole(), BEAT_MS + WRITE_MS);
    expect(await bed.isServing()).toBe(true);
    await Promise.all(loads.map((load) => load.settled()));
    expect(loads.flatMap(({ failures }) => failures).slice(0, 20)).toEqual([]);
    expect(bed.app.requestCount).toBeGreaterThan(requestsBefore + 100);
  },
);
