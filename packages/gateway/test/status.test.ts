import { afterAll, beforeAll, expect, test } from "bun:test";
import { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { GATEWAY_STATUS_KEYS } from "@homeport/kit/registry/keys.ts";
import { Fixture, get, WorkloadServer } from "./fixture.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { appRecord, beat, target, workload } from "./records.ts";
import { until } from "./until.ts";

let fixture: Fixture;
let upstream: RawUpstream;

beforeAll(async () => {
  fixture = await Fixture.open();
  upstream = await RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  fixture.defer(() => upstream.stop());
});
afterAll(() => fixture.close());

async function readStatus(): Promise<GatewayStatus | null> {
  const [key] = await fixture.redis.keys(GATEWAY_STATUS_KEYS);
  const text = key === undefined ? null : await fixture.redis.get(key);
  return text === null ? null : GatewayStatus.parse(JSON.parse(text));
}

test("a gateway tells operators of its routes, requests and warnings in the form that they read, and is gone with its stop", async () => {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const { redis } = fixture;
  await beat(
    redis,
    appRecord({ id: "first", baseUrl: upstream.baseUrl, routes: ["/x"], startedAt: "2026-01-01T00:00:00Z" }),
  );
  await beat(redis, appRecord({ id: "second", baseUrl: upstream.baseUrl, routes: ["/x"] }));
  const app = workload(["app.localhost"], [target(upstream.port)]);
  await new WorkloadServer(fixture, dataDir).serve(app);
  const host = { host: "app.localhost" };
  for (let count = 0; count < 3; count++) expect((await get(gateway, "/a?secret=1", host)).status).toBe(200);
  expect((await get(gateway, "/", { host: "nobody.localhost" })).status).toBe(404);

  const routeOf = (status: GatewayStatus | null) => status?.routes.find(({ id }) => id === app.workloadId);
  await until("it has told of them", async () => routeOf(await readStatus())?.requests === 3, 12_000);
  const status = await readStatus();
  expect(routeOf(status)).toMatchObject({
    kind: "workload",
    addresses: ["app.localhost"],
    classes: [0, 3, 0, 0, 0],
    targets: [{ state: "ready", isEjected: false, weight: 100 }],
    p50Ms: expect.any(Number),
  });
  expect(status?.routes.find(({ id }) => id === null)?.classes[3]).toBe(1);
  expect(status?.warnings).toContainEqual(expect.objectContaining({ kind: "refused", subject: "/x" }));
  expect(status?.requests.map(({ path }) => path)).toContain("/a");
  expect(JSON.stringify(status)).not.toContain("secret");

  await gateway.stop();
  expect(await readStatus()).toBeNull();
}, 20_000);

test("targets get their shares of requests by weight", async () => {
  const [stable, canary] = [await RawUpstream.answering(answerOf("a")), await RawUpstream.answering(answerOf("b"))];
  for (const each of [stable, canary]) fixture.defer(() => each.stop());
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir });
  const targets = [
    { ...target(stable.port), weight: 90 },
    { ...target(canary.port), weight: 10 },
  ];
  await new WorkloadServer(fixture, dataDir, 1).serve(workload(["split.localhost"], targets));
  let answers = "";
  for (let count = 0; count < 100; count++) {
    answers += await (await get(gateway, "/", { host: "split.localhost" })).text();
  }
  expect(answers.replaceAll("a", "")).toHaveLength(10);
});

const answerOf = (name: string) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`;
