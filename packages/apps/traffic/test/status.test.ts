import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { gatewayStatusKey } from "@homeport/kit/registry/keys.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { testValkey } from "@homeport/kit/test/valkey.ts";
import { createStatuses } from "../src/adapters/statuses.ts";
import { app } from "../src/index.ts";
import { report, reportOf, requestOf, routeOf } from "./reports.ts";

let platform: TestApp;
beforeAll(async () => {
  platform = await startTestApp(app);
});
beforeEach(async () => {
  await platform.platform.valkey.flushall();
});
afterAll(() => platform.stop());

const status = () => platform.json("GET", "/api/v1/traffic/status", platform.home.headers("owner"));

test("no gateway has reported: nothing, and no error", async () => {
  expect(await status()).toMatchObject({ status: 200, body: { workers: [], routes: [], requestsPerSecond: 0 } });
});

test("the reports of all workers are one, and what is no report is passed over", async () => {
  const routes = [routeOf("shop", { requests: 5, classes: [0, 5, 0, 0, 0], p99Ms: 7 })];
  await report(
    platform.platform.valkey,
    reportOf("g1", { routes, requests: [requestOf("r1", { route: "shop" })] }),
    reportOf("g2", { routes, worker: 1, tableHash: "another", revision: 5 }),
  );
  await platform.platform.valkey.set(gatewayStatusKey("broken"), "nonsense");
  await platform.platform.valkey.set(gatewayStatusKey("later"), JSON.stringify({ ...reportOf("later"), schema: 2 }));
  const { body } = await status();
  expect(body).toMatchObject({
    requestsPerSecond: 7,
    connections: 24,
    routes: [{ id: "shop", requests: 10, classes: [0, 10, 0, 0, 0], p99Ms: 7 }],
    requests: [{ requestId: "r1" }],
    workers: [
      { instance: "g1", drift: null },
      { instance: "g2", drift: { state: "settling", relation: "behind", routesBehind: 2 } },
    ],
  });
  expect(body.workers).toHaveLength(2);
});

test("as many routes and workers as there can be are merged", async () => {
  const routes = Array.from({ length: 500 }, (_, index) => routeOf(`app-${index}`, { requests: index }));
  const workers = Array.from({ length: 8 }, (_, worker) => reportOf(`g${worker}`, { routes, worker }));
  await report(platform.platform.valkey, ...workers);
  const { body } = await status();
  expect(body.routes).toHaveLength(500);
  expect(body.routes.at(-1).requests).toBe(8 * 499);
});

test("a Valkey that is away, or does not answer, is said within two seconds and never taken for no gateways", async () => {
  const valkey = await testValkey();
  if (valkey.pid !== null) process.kill(valkey.pid, "SIGSTOP");
  else valkey.redis.disconnect();
  const startedAt = performance.now();
  await expect(createStatuses(valkey.redis).list()).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  if (valkey.pid !== null) process.kill(valkey.pid, "SIGCONT");
  await valkey.close();
});
