import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { DomainError } from "@homeport/kit/errors.ts";
import { removeSnapshot } from "../src/service/snapshot-removals.ts";
import type { VolumePlace } from "../src/service/volume-operations.ts";
import { claimSnapshotRemovals } from "../src/store/snapshot-removals.ts";
import type { VolumeOperation } from "../src/volume-operation.ts";
import { MAX_SNAPSHOTS, type SnapshotId } from "../src/volume-snapshot.ts";
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

describe("a snapshot", () => {
  test("is taken while the service runs, and stops nothing", async () => {
    const place = await volumes.newPlace();
    const before = rolloutOf(place);
    const taken = await volumes.operations.takeSnapshot(place, "before the move", ADA);
    expect(taken).toMatchObject({ kind: "snapshot", state: "pending", step: null });
    await volumes.settle();
    expect(await volumes.get(place, taken)).toMatchObject({ state: "running", step: "working", hasStop: false });
    expect(bench.taskOf("volume.snapshot")).toMatchObject({ nodeId: place.volume.nodeId, epoch: 0 });
    expect((await listed(place))[0]).toMatchObject({ state: "taking", note: "before the move" });
    const ended = await volumes.finish(place, taken);
    expect(ended).toMatchObject({ state: "succeeded", step: null, reason: null });
    expect((await listed(place))[0]).toMatchObject({
      id: taken.snapshotId,
      state: "ready",
      bytes: 9,
      consistent: true,
    });
    expect(rolloutOf(place)).toEqual(before);
    expect(await eventsOf(taken)).toEqual(["queued", "started", "succeeded"]);
  });

  test("that could not be taken is not there, and what the node may have of it is deleted", async () => {
    const place = await volumes.newPlace();
    const taken = await volumes.operations.takeSnapshot(place, null, ADA);
    await volumes.settle();
    volumes.answer("volume.snapshot", { state: "failed", reason: { code: "disk_full", message: "It is full." } });
    await volumes.pass();
    expect(await volumes.get(place, taken)).toMatchObject({ state: "failed", reason: { code: "disk_full" } });
    expect((await listed(place)).map(({ state }) => state)).toEqual(["removing"]);
    await volumes.passRemovals();
    expect(bench.taskOf("snapshot.remove")?.spec).toMatchObject({ snapshotId: taken.snapshotId });
    volumes.answerAll();
    await volumes.passRemovals();
    expect(await listed(place)).toEqual([]);
  });

  test("is one of at most twenty; what was removed makes room", async () => {
    const place = await volumes.newPlace();
    const first = await volumes.newSnapshot(place);
    for (let i = 1; i < MAX_SNAPSHOTS; i += 1) await volumes.newSnapshot(place);
    await expect(volumes.operations.takeSnapshot(place, null, ADA)).rejects.toThrow("at most 20 snapshots");
    expect(await volumes.snapshots.remove(place, snapshotOf(first))).toBe(true);
    expect(await volumes.snapshots.remove(place, snapshotOf(first))).toBe(false);
    expect((await volumes.newSnapshot(place)).state).toBe("succeeded");
  });

  test("of data that is gone goes with it", async () => {
    const place = await volumes.newPlace();
    const taken = await volumes.newSnapshot(place);
    await bench.sql`delete from deployments.volume_data where id = ${place.volume.dataId}`;
    await volumes.passRemovals();
    expect(bench.taskOf("snapshot.remove")?.spec).toMatchObject({ snapshotId: taken.snapshotId });
    volumes.answerAll();
    await volumes.passRemovals();
    const rows = await bench.sql`select id from deployments.volume_snapshots where data_id = ${place.volume.dataId}`;
    expect(rows).toHaveLength(0);
  });

  test("whose node cannot delete it is asked for again, by another task", async () => {
    const place = await volumes.newPlace();
    const taken = await volumes.newSnapshot(place);
    await volumes.snapshots.remove(place, snapshotOf(taken));
    await volumes.passRemovals();
    const [first] = [bench.taskOf("snapshot.remove")];
    volumes.answer("snapshot.remove", {
      state: "failed",
      reason: { code: "node_unreachable", message: "It is away." },
    });
    await volumes.passRemovals();
    expect((await listed(place)).map(({ state }) => state)).toEqual(["removing"]);
    await volumes.passRemovals();
    expect(bench.taskOf("snapshot.remove")?.id).not.toBe(first?.id);
  });
});

test("a snapshot whose node was removed is gone with it", async () => {
  const place = await volumes.newPlace();
  const taken = await volumes.newSnapshot(place);
  await volumes.snapshots.remove(place, snapshotOf(taken));
  const [removal] = await claimSnapshotRemovals(bench.sql, 10);
  if (removal === undefined) throw new Error("it is due");
  const put = () => Promise.reject(new DomainError("not_found", "There is no such node."));
  expect(await removeSnapshot(bench.sql, removal, { tasks: { put } })).toBe("done");
  expect(await listed(place)).toEqual([]);
});
