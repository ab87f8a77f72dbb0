import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { tableFile } from "../../src/config.ts";
import { admin } from "../fixture.ts";
import { until } from "../until.ts";
import { ConfiguredGateway } from "./configured-gateway.ts";
import { BEAT_MS } from "./platform.ts";
import { ValkeyBed } from "./valkey-bed.ts";

setDefaultTimeout(60_000);

let bed: ValkeyBed;
let frozen = 0;

beforeAll(async () => {
  bed = await ValkeyBed.open();
  const saved = () => readFile(tableFile(bed.gateway.dataDir), "utf8");
  await until("all of it is on disk", async () => /\/app.*shop.*elsewhere/.test(await saved()));
  bed.gateway.signal("SIGKILL");
  await bed.gateway.exited();
});
afterAll(() => bed.close());

const SILENCES = [
  {
    name: "does not answer",
    silence: async () => {
      frozen = await bed.valkeyPid();
      process.kill(frozen, "SIGSTOP");
    },
  },
  {
    name: "is not there",
    silence: async () => {
      process.kill(frozen, "SIGCONT");
      await bed.fixture.valkey.kill();
    },
  },
];

test.each(SILENCES)(
  "a gateway that was killed and starts while Valkey $name serves what it had: workloads, apps and policies",
  async ({ silence }) => {
    await silence();
    const gateway = await ConfiguredGateway.start(bed.fixture, { dataDir: bed.gateway.dataDir });
    expect(await bed.isServing(gateway)).toBe(true);
    gateway.signal("SIGKILL");
    await gateway.exited();
  },
);

test("so does one that finds Valkey again later, and empty at first", async () => {
  const { dataDir } = bed.gateway;
  const gateway = await ConfiguredGateway.start(bed.fixture, { dataDir });
  await bed.fixture.valkey.start();
  const targets = async () => {
    const { routes } = await admin<{ routes: { targets: { restored: boolean }[] }[] }>(dataDir, "/table");
    return routes.flatMap((route) => route.targets);
  };
  await until("the app has beaten again", async () => (await targets()).every(({ restored }) => !restored), BEAT_MS);
  expect(await bed.isServing(gateway)).toBe(true);
  await until("the registry is whole", () => bed.platform.isWhole(), 2 * BEAT_MS);
  expect(await bed.isServing(gateway)).toBe(true);
});
