import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { VolumePlace } from "../src/service/volume-operations.ts";
import type { VolumeOperation } from "../src/volume-operation.ts";
import type { SnapshotId } from "../src/volume-snapshot.ts";
import { ADA, type Bench, startBench } from "./bench.ts";
import { type VolumeBench, volumeBench } from "./volume-bench.ts";

let bench: Bench;
let volumes: VolumeBench;
beforeAll(async () => {
  bench = await startBench();
  volumes = volumeBench(bench);
}, 60_000);
afterAll(() => bench?.database.drop());
afterEach(() => volumes.clean());

const FAILED = { code: "task_failed", message: "It could not be unpacked." };
const snapshotOf = (operation: VolumeOperation): SnapshotId => {
  if (operation.snapshotId === null) throw new Error("it is about no snapshot");
  return operation.snapshotId;
};
const listed = async (place: VolumePlace) => (await volumes.snapshots.list(place, { limit: 100 })).items;
const rolloutOf = ({ service }: VolumePlace) => {
  const rollout = bench.rollouts.get(service.workloadId);
  return { generation: rollout?.generation, replicas: rollout?.wanted.release.settings.replicas };
};
const eventsOf = async ({ id }: VolumeOperation) =>
  (
    await bench.database.admin<{ type: string }[]>`select type from platform.events where subject = ${id} order by id`
  ).map(({ type }) => type.replace("deployments.volume-operation.", ""));

describe("a restore", () => {
  test("stops the service, saves what is there, restores, and starts the service again", async () => {
    const place = await volumes.newPlace();
    const snapshotId = snapshotOf(await volumes.newSnapshot(place));
    const { generation = 0 } = rolloutOf(place);
    const restored = await volumes.operations.restore(place, snapshotId, "data", ADA);
    await volumes.settle();
    expect(await volumes.get(place, restored)).toMatchObject({ step: "stopping", hasStop: true });
    expect(rolloutOf(place)).toEqual({ generation: generation + 1, replicas: 0 });
    bench.endRollout(place.service.workloadId, { state: "succeeded" });
    await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({ step: "saving" });
    expect(bench.taskOf("volume.snapshot")).toMatchObject({
      epoch: generation + 1,
      spec: { volumeId: place.volume.dataId, snapshotId: restored.savedId },
    });
    volumes.answerAll();
    await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({ step: "working" });
    expect(bench.taskOf("volume.restore")).toMatchObject({ epoch: generation + 1, spec: { snapshotId } });
    volumes.answerAll();
    await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({ step: "starting" });
    expect(rolloutOf(place)).toEqual({ generation: generation + 2, replicas: 1 });
    const ended = await volumes.finish(place, restored);
    expect(ended).toMatchObject({ state: "succeeded", reason: null });
    const saved = (await listed(place)).find(({ id }) => id === ended.savedId);
    expect(saved).toMatchObject({ state: "ready", origin: "before-restore" });
  });

  test("can be undone by what was saved, which is not lost meanwhile however often that is done", async () => {
    const place = await volumes.newPlace();
    const snapshotId = snapshotOf(await volumes.newSnapshot(place));
    const again = (id: SnapshotId) =>
      volumes.operations.restore(place, id, "data", ADA).then((restored) => volumes.finish(place, restored));
    const { savedId } = await again(snapshotId);
    if (savedId === null) throw new Error("nothing was saved");
    for (let i = 0; i < 3; i += 1) expect(await again(snapshotId)).toMatchObject({ state: "succeeded" });
    // the oldest of four that were saved is the one that goes
    expect((await listed(place)).find(({ id }) => id === savedId)?.state).toBe("removing");
    const saved = (await listed(place)).filter(({ origin, state }) => origin === "before-restore" && state === "ready");
    expect(saved).toHaveLength(3);
    const oldest = saved.at(-1);
    if (oldest === undefined) throw new Error("nothing was saved");
    expect(await again(oldest.id)).toMatchObject({ state: "succeeded" });
    expect((await listed(place)).find(({ id }) => id === oldest.id)?.state).toBe("ready");
  });

  test("that breaks off puts back what was there, and starts the service", async () => {
    const place = await volumes.newPlace();
    const snapshotId = snapshotOf(await volumes.newSnapshot(place));
    const restored = await volumes.operations.restore(place, snapshotId, "data", ADA);
    await volumes.until(place, restored, "working");
    volumes.answer("volume.restore", { state: "failed", reason: FAILED });
    await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({ step: "undoing" });
    expect(bench.taskOf("volume.restore")?.spec).toMatchObject({ snapshotId: restored.savedId });
    const ended = await volumes.finish(place, restored);
    expect(ended.reason).toEqual({
      ...FAILED,
      message: "It could not be unpacked. What was there before was put back.",
    });
    expect(ended.state).toBe("failed");
    expect(rolloutOf(place).replicas).toBe(1);
    expect(await eventsOf(restored)).toEqual(["queued", "started", "failed"]);
  });

  test("is refused without the volume's name, and of a snapshot that is not there or not ready", async () => {
    const place = await volumes.newPlace();
    const other = await volumes.newPlace();
    const snapshotId = snapshotOf(await volumes.newSnapshot(place));
    const restore = (at: VolumePlace, id: SnapshotId, confirm = "data") =>
      volumes.operations.restore(at, id, confirm, ADA);
    await expect(restore(place, snapshotId, "date")).rejects.toThrow("confirm");
    await expect(restore(place, newId<SnapshotId>())).rejects.toThrow("no such snapshot");
    await expect(restore(other, snapshotId)).rejects.toThrow("no such snapshot");
    await volumes.snapshots.remove(place, snapshotId);
    await expect(restore(place, snapshotId)).rejects.toThrow("was removed");
    expect((await volumes.operations.list(place, { limit: 10 })).items.map(({ kind }) => kind)).toEqual(["snapshot"]);
  });

  test("holds its snapshots: nobody removes them meanwhile", async () => {
    const place = await volumes.newPlace();
    const snapshotId = snapshotOf(await volumes.newSnapshot(place));
    const restored = await volumes.operations.restore(place, snapshotId, "data", ADA);
    await expect(volumes.snapshots.remove(place, snapshotId)).rejects.toThrow("restored right now");
    await volumes.until(place, restored, "working");
    const { savedId } = await volumes.get(place, restored);
    if (savedId === null) throw new Error("nothing was saved");
    await expect(volumes.snapshots.remove(place, savedId)).rejects.toThrow("restored right now");
    await volumes.finish(place, restored);
    expect(await volumes.snapshots.remove(place, snapshotId)).toBe(true);
  });
});

describe("a reset", () => {
  test("empties the volume while the service is stopped", async () => {
    const place = await volumes.newPlace();
    const reset = await volumes.operations.reset(place, "data", ADA);
    await volumes.settle();
    expect(rolloutOf(place).replicas).toBe(0);
    expect(bench.taskOf("volume.reset")).toBeNull();
    expect(await volumes.finish(place, reset)).toMatchObject({ state: "succeeded" });
    expect(rolloutOf(place).replicas).toBe(1);
  });

  test("that the node refuses leaves the service running", async () => {
    const place = await volumes.newPlace();
    const reset = await volumes.operations.reset(place, "data", ADA);
    await volumes.until(place, reset, "working");
    const reason = { code: "volume_in_use", message: "A replica has the volume mounted." };
    volumes.answer("volume.reset", { state: "failed", reason });
    expect(await volumes.finish(place, reset)).toMatchObject({ state: "failed", reason });
    expect(rolloutOf(place).replicas).toBe(1);
  });

  test("of a service that does not start afterwards is tried twice and then said to have failed", async () => {
    const place = await volumes.newPlace();
    const reset = await volumes.operations.reset(place, "data", ADA);
    await volumes.until(place, reset, "starting");
    const first = rolloutOf(place).generation ?? 0;
    for (let i = 0; i < 2; i += 1) {
      bench.endRollout(place.service.workloadId, {
        state: "failed",
        reason: { code: "crashed", message: "No table." },
      });
      await volumes.pass();
    }
    expect(rolloutOf(place).generation).toBe(first + 1);
    const { state, reason } = await volumes.get(place, reset);
    expect(state).toBe("failed");
    expect(reason).toMatchObject({ code: "service_not_started" });
    expect(reason?.message).toBe("It was done, but the service did not start again. No table.");
  });

  test("of a volume that no deployment ever used is refused", async () => {
    const service = await bench.newService();
    await volumes.volumes.create(service, { slug: "data", path: "/data" }, { actor: ADA, may: () => true }, false);
    const place = await volumes.placeOf(service);
    await expect(volumes.operations.reset(place, "data", ADA)).rejects.toThrow("never used");
  });
});

describe("a resize", () => {
  test("holds for the volume once the node has it", async () => {
    const place = await volumes.newPlace();
    const resized = await volumes.operations.resize(place, 64, ADA);
    await volumes.settle();
    expect((await volumes.placeOf(place.service)).volume.sizeMiB).toBeNull();
    expect(await volumes.finish(place, resized)).toMatchObject({ state: "succeeded", sizeMiB: 64, hasStop: false });
    const { volume } = await volumes.placeOf(place.service);
    expect(volume.sizeMiB).toBe(64);
    expect(volume.version).toBeGreaterThan(place.volume.version); // a draft that knew the size of before conflicts
  });

  test("that the node refuses changes nothing", async () => {
    const place = await volumes.newPlace();
    const resized = await volumes.operations.resize(place, 1, ADA);
    await volumes.settle();
    volumes.answer("volume.resize", {
      state: "failed",
      reason: { code: "volume_too_full", message: "It holds 3 MiB." },
    });
    await volumes.pass();
    expect(await volumes.get(place, resized)).toMatchObject({ state: "failed", reason: { code: "volume_too_full" } });
    expect((await volumes.placeOf(place.service)).volume.sizeMiB).toBeNull();
  });
});

describe("several at once", () => {
  test("one of a volume goes on, however many ask", async () => {
    const place = await volumes.newPlace();
    const asked = await Promise.allSettled([
      volumes.operations.reset(place, "data", ADA),
      volumes.operations.resize(place, 5, ADA),
      volumes.operations.takeSnapshot(place, null, ADA),
      volumes.operations.reset(place, "data", ADA),
    ]);
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const each of asked) {
      if (each.status === "rejected") expect(String(each.reason)).toContain("Something else is being done");
    }
    // a snapshot that was refused has left nothing
    const taking = await listed(place);
    expect(taking.length).toBe(asked[2]?.status === "fulfilled" ? 1 : 0);
  });

  test("two volumes of a service are not changed at once, but one of them may have its snapshot taken", async () => {
    const service = await bench.newService();
    const by = { actor: ADA, may: () => true };
    await volumes.volumes.create(service, { slug: "data", path: "/data" }, by, false);
    await volumes.volumes.create(service, { slug: "logs", path: "/logs" }, by, false);
    await bench.deployLive(service);
    const data = await volumes.placeOf(await bench.reload(service));
    const logs = await volumes.placeOf(data.service, "logs");
    await volumes.operations.reset(data, "data", ADA);
    await expect(volumes.operations.reset(logs, "logs", ADA)).rejects.toThrow("another of its volumes");
    expect(await volumes.operations.takeSnapshot(logs, null, ADA)).toMatchObject({ state: "pending" });
  });

  test("a service that is being deployed is not stopped for a volume", async () => {
    const place = await volumes.newPlace();
    await bench.deploys.start(place.service, { what: "source" }, ADA);
    await expect(volumes.operations.reset(place, "data", ADA)).rejects.toThrow("is being deployed");
    expect(await volumes.operations.takeSnapshot(place, null, ADA)).toMatchObject({ state: "pending" });
  });

  test("a deployment that is asked for meanwhile waits until the service runs again", async () => {
    const place = await volumes.newPlace();
    const reset = await volumes.operations.reset(place, "data", ADA);
    await volumes.settle();
    const deployment = await bench.deploys.start(place.service, { what: "source" }, ADA);
    await bench.settle();
    expect((await bench.get(deployment)).state).toBe("queued");
    await volumes.finish(place, reset);
    await bench.settle();
    expect((await bench.get(deployment)).state).toBe("building");
  });
});
