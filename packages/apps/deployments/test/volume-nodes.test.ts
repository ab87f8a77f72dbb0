import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { NodeId } from "@homeport/kit/ids.ts";
import { nodeOfVolumes } from "../src/service/mounted-volumes.ts";
import { createVolumes } from "../src/service/volumes.ts";
import type { Service } from "../src/service.ts";
import { findVolumeData } from "../src/store/volumes.ts";
import type { Volume } from "../src/volume.ts";
import { ADA, type Bench, BY_ADA, startBench } from "./bench.ts";

const IMAGE = { kind: "image", reference: "home/cache:7" } as const;

let bench: Bench;
let volumes: ReturnType<typeof createVolumes>;
beforeAll(async () => {
  bench = await startBench();
  const { sql, context } = bench;
  const teardowns = { now: async () => {} };
  volumes = createVolumes({ sql, keys: context.keys, urls: context.urls, wake: () => {}, teardowns });
}, 60_000);
afterAll(() => bench?.database.drop());
beforeEach(() => bench.away.clear());

const newPlace = async (): Promise<{ service: Service; volume: Volume }> => {
  const service = await bench.newService(IMAGE);
  const { volume } = await volumes.create(service, { slug: "data", path: "/data" }, BY_ADA, false);
  return { service, volume };
};

test("a command before the first release runs where the volume will be, with it", async () => {
  const { service, volume } = await newPlace();
  await bench.services.update(bench.scope, service, { settings: { preDeployCommand: "migrate" } }, BY_ADA);
  const deployment = await bench.deploys.start(await bench.reload(service), { what: "source" }, ADA);
  await bench.settle();
  const { runId } = await bench.get(deployment);
  const run = bench.runs.get(runId ?? "");
  expect(run?.wanted).toMatchObject({
    nodeId: bench.volumes.node,
    release: { volumes: [{ volumeId: volume.dataId }] },
  });
  expect(await findVolumeData(bench.sql, service.workloadId, "data")).toMatchObject({
    nodeId: bench.volumes.node as NodeId,
  });
  bench.endRun(runId ?? "", { state: "succeeded" });
  bench.volumes.node = Bun.randomUUIDv7(); // another one would be chosen by now
  await bench.pass();
  expect(bench.rollouts.get(service.workloadId)?.wanted.nodeId).toBe(run?.wanted.nodeId as NodeId);
});

test("a deployment waits while there is no node to put its volume on", async () => {
  const { service } = await newPlace();
  bench.away.add("volumeNodes");
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  await bench.pass();
  expect(await bench.get(deployment)).toMatchObject({ state: "rolling_out" });
  expect(bench.rollouts.has(service.workloadId)).toBe(false);
  bench.away.clear();
  await bench.pass();
  expect(bench.rollouts.get(service.workloadId)?.wanted.nodeId).toBe(bench.volumes.node as NodeId);
});

test("two who choose a node for one workload at once agree on one", async () => {
  const { service, volume } = await newPlace();
  const { workloadId } = service;
  const mounting = { workloadId, number: 1, volumes: [{ volumeId: volume.dataId, name: "data", path: "/data" }] };
  const chosen = await Promise.all(
    Array.from({ length: 8 }, () =>
      nodeOfVolumes(bench.sql, { choose: async () => Bun.randomUUIDv7() as NodeId }, mounting),
    ),
  );
  expect(new Set(chosen).size).toBe(1);
});

test("a service without volumes may run anywhere", async () => {
  const service = await bench.newService(IMAGE);
  const before = bench.calls.length;
  await bench.deployLive(service);
  expect(bench.rollouts.get(service.workloadId)?.wanted.nodeId).toBeNull();
  expect(bench.calls.slice(before)).not.toContain("volumeNodes.choose");
});

test("a rollback that was asked for before its data was removed fails, and what is live stays", async () => {
  const { service, volume } = await newPlace();
  await bench.deployLive(service);
  const live = await bench.deployLive(service);
  const rollback = await bench.deploys.rollback(service, 1, ADA);
  await volumes.remove(service, volume, "data", BY_ADA, false);
  await bench.settle();
  expect(await bench.get(rollback)).toMatchObject({
    state: "failed",
    reason: {
      code: "conflict",
      message: expect.stringContaining("data mounted, and what that held was removed since"),
    },
  });
  expect((await bench.reload(service)).currentReleaseId).toBe(live.releaseId);
});

test("a cron service's runs are where its volume is", async () => {
  const service = await bench.newService(IMAGE);
  const cron = { kind: "cron", schedule: "@daily", startCommand: "report" } as const;
  const updated = await bench.services.update(bench.scope, service, { settings: cron }, BY_ADA);
  await volumes.create(updated, { slug: "data", path: "/data" }, BY_ADA, false);
  await bench.deployLive(updated);
  expect(bench.rollouts.get(service.workloadId)?.wanted).toMatchObject({
    nodeId: bench.volumes.node,
    release: { settings: { kind: "cron", strategy: { kind: "recreate" } }, volumes: [{ path: "/data" }] },
  });
});
