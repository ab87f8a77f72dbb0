import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { stepVolumeOperation } from "../src/service/step-volume-operation.ts";
import type { VolumePlace } from "../src/service/volume-operations.ts";
import { claimVolumeOperations, releaseVolumeOperation } from "../src/store/volume-operations.ts";
import type { VolumeOperation, VolumeStep } from "../src/volume-operation.ts";
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

/** A restore that was just asked for, of a service that is live. */
const begin = async () => {
  const place = await volumes.newPlace();
  const { snapshotId } = await volumes.newSnapshot(place);
  if (snapshotId === null) throw new Error("no snapshot was taken");
  bench.tasks.clear();
  const generation = bench.rollouts.get(place.service.workloadId)?.generation ?? 0;
  return { place, generation, restored: await volumes.operations.restore(place, snapshotId, "data", ADA) };
};

/** It has come to its end, with each part done once. */
const expectDoneOnce = async (place: VolumePlace, restored: VolumeOperation, generation: number): Promise<void> => {
  expect(await volumes.finish(place, restored)).toMatchObject({ state: "succeeded", reason: null });
  const kinds = [...bench.tasks.values()].map(({ task }) => task.spec.kind);
  expect(kinds).toEqual(["volume.snapshot", "volume.restore"]);
  const rollout = bench.rollouts.get(place.service.workloadId);
  expect(rollout?.generation).toBe(generation + 2); // stopped once, started once
  expect(rollout?.wanted.release.settings.replicas).toBe(1);
  const events = await bench.database.admin<{ type: string }[]>`
    select type from platform.events where subject = ${restored.id} order by id`;
  expect(events.map(({ type }) => type.split(".").at(-1))).toEqual(["queued", "started", "succeeded"]);
};

describe("a process that dies during a restore", () => {
  /** The first call of each step; it is reached from the step before, whose own last call may be of the same kind. */
  const CALLS: { step: VolumeStep; from: VolumeStep | null; call: string; skip: number }[] = [
    { step: "stopping", from: null, call: "rollouts.put", skip: 0 },
    { step: "saving", from: "stopping", call: "tasks.put", skip: 0 },
    { step: "working", from: "saving", call: "tasks.put", skip: 1 },
    { step: "starting", from: "working", call: "rollouts.put", skip: 0 },
  ];
  for (const { step, from, call, skip } of CALLS) {
    for (const when of ["before", "after"] as const) {
      test(`while it is ${step}, right ${when} its first ${call}: the next one finds its way`, async () => {
        const { place, generation, restored } = await begin();
        if (from !== null) {
          await volumes.until(place, restored, from);
          volumes.answerAll();
          bench.endRollout(place.service.workloadId, { state: "succeeded" });
        }
        bench.crashAt({ call, when, skip });
        await volumes.pass();
        expect(bench.hasCrashed()).toBe(true);
        expect((await volumes.get(place, restored)).step).toBe(step);
        await expectDoneOnce(place, restored, generation);
      });
    }
  }

  test("after every single step, before it gives the step back: the leases run out and it goes on", async () => {
    const { place, generation, restored } = await begin();
    volumes.dieAfterSteps(true);
    await volumes.settle();
    await expectDoneOnce(place, restored, generation);
  });

  test("and comes back late writes nothing any more", async () => {
    const { place, generation, restored } = await begin();
    const [late] = await claimVolumeOperations(bench.sql, 10);
    if (late === undefined) throw new Error("it is due");
    expect(await claimVolumeOperations(bench.sql, 10)).toEqual([]); // nobody else while the lease holds
    await volumes.pass();
    const { step } = await volumes.get(place, restored);
    await stepVolumeOperation({ ...bench.context, applying: volumes.applying }, late);
    await releaseVolumeOperation(bench.sql, late, 0, false);
    expect((await volumes.get(place, restored)).step).toBe(step);
    await expectDoneOnce(place, restored, generation);
  });
});

describe("a part of the platform that is away", () => {
  test("is waited for, and the service is started again once it is back", async () => {
    const { place, generation, restored } = await begin();
    await volumes.until(place, restored, "starting");
    bench.away.add("rollouts");
    for (let i = 0; i < 3; i += 1) await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({ state: "running", step: "starting" });
    bench.away.clear();
    await expectDoneOnce(place, restored, generation);
  });

  test("until the deadline: then nothing was done, and what was stopped is started", async () => {
    const { place, restored } = await begin();
    await volumes.until(place, restored, "working");
    bench.away.add("tasks");
    await volumes.pass();
    expect((await volumes.get(place, restored)).step).toBe("working");
    await bench.sql`update deployments.volume_operations set deadline_at = now() - interval '1 hour' where id = ${restored.id}`;
    await volumes.pass();
    expect(await volumes.get(place, restored)).toMatchObject({
      step: "undoing",
      reason: { code: "operation_deadline" },
    });
    bench.away.clear();
    expect(await volumes.finish(place, restored)).toMatchObject({
      state: "failed",
      reason: { code: "operation_deadline" },
    });
    expect(bench.rollouts.get(place.service.workloadId)?.wanted.release.settings.replicas).toBe(1);
  });

  test("before it began: it is given up without a trace", async () => {
    const { place, restored } = await begin();
    await bench.sql`update deployments.volume_operations set deadline_at = now() - interval '1 hour' where id = ${restored.id}`;
    await bench.sql`update deployments.volume_data set node_id = null where id = ${place.volume.dataId}`;
    await volumes.settle();
    const ended = await volumes.get(place, restored);
    expect(ended).toMatchObject({ state: "failed", hasStop: null, savedId: null });
    await volumes.passRemovals();
    const { items } = await volumes.snapshots.list(place, { limit: 10 });
    expect(items.map(({ origin }) => origin)).toEqual(["request"]);
  });
});
