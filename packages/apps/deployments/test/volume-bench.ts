import type { TaskResult } from "@homeport/clusters/contract.ts";
import { createLogger } from "@homeport/kit/log.ts";
import type { NodeTask, NodeTaskState } from "../src/ports.ts";
import { removeSnapshot } from "../src/service/snapshot-removals.ts";
import { stepVolumeOperation } from "../src/service/step-volume-operation.ts";
import { createTeardowns } from "../src/service/teardown.ts";
import { createVolumeOperations, type VolumePlace } from "../src/service/volume-operations.ts";
import { createVolumeSnapshots } from "../src/service/volume-snapshots.ts";
import { createVolumes } from "../src/service/volumes.ts";
import type { Service } from "../src/service.ts";
import { claimSnapshotRemovals, dropOrphans } from "../src/store/snapshot-removals.ts";
import {
  type ClaimedOperation,
  claimVolumeOperations,
  releaseVolumeOperation,
} from "../src/store/volume-operations.ts";
import { findVolumeData } from "../src/store/volumes.ts";
import type { VolumeOperation } from "../src/volume-operation.ts";
import { ADA, type Bench, BY_ADA } from "./bench.ts";
import { Crashed } from "./outside.ts";

export const SHA = "cd".repeat(32);

/** Operations on volumes on a bench: as the stepper does them, whenever a test says so. */
export const volumeBench = (bench: Bench) => {
  const { sql, context, outside } = bench;
  const teardowns = createTeardowns({ sql, log: createLogger("test") }, outside);
  const applying = { sql, keys: context.keys, urls: context.urls, wake: () => {}, teardowns };
  const volumes = createVolumes(applying);
  const operations = createVolumeOperations(sql, () => {});
  let dies = false;

  const runOne = async (operation: ClaimedOperation): Promise<void> => {
    try {
      const waitMs = await stepVolumeOperation({ ...context, applying }, operation);
      if (!dies) await releaseVolumeOperation(sql, operation, waitMs, false);
    } catch (err) {
      if (err instanceof Crashed) return; // the lease stays, as of a dead process
      await releaseVolumeOperation(sql, operation, 60_000, true);
    }
  };

  const self = {
    applying,
    volumes,
    operations,
    snapshots: createVolumeSnapshots(sql, () => {}),
    /** From now on the process dies (or no longer dies) after each step, before it gives the step back. */
    dieAfterSteps(next: boolean) {
      dies = next;
    },
    /** Takes every step that is due. */
    async settle(): Promise<void> {
      for (let due = await claimVolumeOperations(sql, 10); due.length > 0; due = await claimVolumeOperations(sql, 10)) {
        for (const operation of due) await runOne(operation);
      }
    },
    /** Lets the time pass that a waiting step or a dead process's lease takes. */
    async pass(): Promise<void> {
      await sql`
        update deployments.volume_operations set
          lease_until = lease_until - interval '1 hour',
          step_at = case when step_at = 'infinity' then step_at else now() end
        where finished_at is null`;
      await self.settle();
    },
    /** What is due of snapshots that have to go. */
    async passRemovals(): Promise<void> {
      await dropOrphans(sql);
      await sql`update deployments.volume_snapshots set step_at = now(), lease_until = null where state = 'removing'`;
      for (const removal of await claimSnapshotRemovals(sql, 50)) await removeSnapshot(sql, removal, outside);
    },
    /** A service with a volume that is live, so that a node has it. */
    async newPlace(): Promise<VolumePlace> {
      const service = await bench.newService();
      await volumes.create(service, { slug: "data", path: "/data" }, BY_ADA, false);
      await bench.deployLive(service);
      return self.placeOf(await bench.reload(service));
    },
    async placeOf(service: Service, slug = "data"): Promise<VolumePlace> {
      const volume = await findVolumeData(sql, service.workloadId, slug);
      if (volume === null) throw new Error(`there is no volume ${slug}`);
      return { service, volume };
    },
    get: (place: VolumePlace, { id }: VolumeOperation): Promise<VolumeOperation> => operations.get(place, id),
    /** Lets whatever is under way go well, and goes on, until nothing is. */
    async finish(place: VolumePlace, operation: VolumeOperation): Promise<VolumeOperation> {
      for (let i = 0; i < 20 && (await self.get(place, operation)).finishedAt === null; i += 1) {
        self.answerAll();
        if (bench.rollouts.has(place.service.workloadId))
          bench.endRollout(place.service.workloadId, { state: "succeeded" });
        await self.pass();
      }
      return self.get(place, operation);
    },
    /** Lets all go well until an operation is in this step. */
    async until(place: VolumePlace, operation: VolumeOperation, step: VolumeOperation["step"]): Promise<void> {
      await self.settle();
      for (let i = 0; i < 20 && (await self.get(place, operation)).step !== step; i += 1) {
        self.answerAll();
        bench.endRollout(place.service.workloadId, { state: "succeeded" });
        await self.pass();
      }
      const { step: reached } = await self.get(place, operation);
      if (reached !== step) throw new Error(`it is ${reached}, not ${step}`);
    },
    /** After a test: nothing is under way any more. */
    async clean(): Promise<void> {
      bench.away.clear();
      bench.tasks.clear();
      dies = false;
      await sql`update deployments.deployments set state = 'failed', finished_at = now() where finished_at is null`;
      await sql`
        update deployments.volume_operations set state = 'failed', step = null, finished_at = now()
        where finished_at is null`;
      await sql`delete from deployments.volume_snapshots`;
    },
    answerAll(): void {
      for (const { task, state } of bench.tasks.values()) {
        if (state.state === "underway") bench.endTask(task.id, { state: "succeeded", result: wellDone(task) });
      }
    },
    /** How the task of this kind ends that is under way. */
    answer(kind: NodeTask["spec"]["kind"], state: NodeTaskState): void {
      const task = bench.taskOf(kind);
      if (task === null) throw new Error(`no ${kind} is under way`);
      bench.endTask(task.id, state);
    },
    /** A snapshot that is ready. */
    async newSnapshot(place: VolumePlace, note: string | null = null): Promise<VolumeOperation> {
      const taken = await operations.takeSnapshot(place, note, ADA);
      await self.settle();
      return self.finish(place, taken);
    },
  };
  return self;
};

export type VolumeBench = ReturnType<typeof volumeBench>;

export const wellDone = ({ spec }: NodeTask): TaskResult => {
  switch (spec.kind) {
    case "volume.snapshot":
      return { kind: spec.kind, snapshotId: spec.snapshotId, bytes: 9, sha256: SHA, consistent: true };
    case "volume.resize":
      return { kind: spec.kind, sizeMiB: spec.sizeMiB, enforced: false };
    case "snapshot.remove":
      return { kind: spec.kind, existed: true };
    case "volume.reset":
    case "volume.restore":
      return { kind: spec.kind };
    default:
      throw new Error(`nobody asks for ${spec.kind} here`);
  }
};
