import type { ImageRef, Task, TaskResult } from "@homeport/clusters/contract.ts";
import { inWords } from "../bytes.ts";
import type { Epochs } from "../fence.ts";
import type { ContainerEngine, EngineReplica } from "../ports.ts";
import { TaskFailure } from "../task-failure.ts";
import type { DiskBudget } from "./disk-budget.ts";
import type { SnapshotAbout, Snapshots } from "./snapshots.ts";
import { changesVolume } from "./tasks.ts";

type Parts = {
  engine: ContainerEngine;
  snapshots: Snapshots;
  budget: DiskBudget;
  epochs(): Epochs;
  /** Null while nobody has told. */
  wantedImages(): ImageRef[] | null;
  /** Whether a replica with the volume is being started right now. */
  isStarting(volumeId: string): boolean;
};

/** Does what a task says. While it changes a volume, nothing that mounts it is started: see `Tasks.lockedVolumes`. */
export const createTaskWork = (parts: Parts) => {
  const { engine, snapshots, budget } = parts;

  /** The replica that has it now; those that have ended are in nobody's way. */
  const findUser = async (volumeId: string): Promise<EngineReplica | null> => {
    const isRunning = ({ state }: EngineReplica): boolean =>
      state.kind === "running" || (state.kind === "exited" && state.restarting);
    return (await engine.list()).find((one) => one.volumes.includes(volumeId) && isRunning(one)) ?? null;
  };

  const refuseWhileUsed = async (volumeId: string): Promise<void> => {
    const user = parts.isStarting(volumeId) ? "that is being started" : (await findUser(volumeId))?.id;
    if (user === undefined) return;
    const message = `A replica (${user}) has the volume mounted. Stop the service first.`;
    throw new TaskFailure("volume_in_use", message);
  };

  const refuseStale = ({ spec, epoch }: Task): void => {
    if (!("volumeId" in spec) || epoch === 0) return;
    const seen = parts.epochs().get(spec.volumeId) ?? 0;
    if (epoch >= seen) return;
    const message = `This node has seen generation ${seen} of the service that has the volume, and does not change it for generation ${epoch}.`;
    throw new TaskFailure("stale_epoch", message);
  };

  /** When a replica was last started with a volume, by the volume's id. */
  const starts = new Map<string, number>();

  const snapshot = async (volumeId: string, snapshotId: string, signal: AbortSignal): Promise<TaskResult> => {
    const about = (await snapshots.find(snapshotId)) ?? (await takeSnapshot(volumeId, snapshotId, signal));
    const { bytes, sha256, consistent } = about; // there already: made before a crash that kept it from being told
    return { kind: "volume.snapshot", snapshotId, bytes, sha256, consistent };
  };

  const takeSnapshot = async (volumeId: string, snapshotId: string, signal: AbortSignal): Promise<SnapshotAbout> => {
    const { bytes: contentBytes } = await engine.volumes.usage(volumeId, signal);
    await refuseWithoutRoom(contentBytes, "take the snapshot");
    const begunAt = Date.now();
    let isUsed = (await findUser(volumeId)) !== null;
    const pack = async (file: string): Promise<void> => {
      await engine.volumes.archive(volumeId, file, signal);
      isUsed ||= (await findUser(volumeId)) !== null;
    };
    // something may also have come and gone in between
    const isConsistent = (): boolean => !isUsed && !parts.isStarting(volumeId) && (starts.get(volumeId) ?? 0) < begunAt;
    return await snapshots.make(snapshotId, { volumeId, contentBytes }, pack, isConsistent, signal);
  };

  const restore = async (
    spec: Extract<Task["spec"], { kind: "volume.restore" }>,
    signal: AbortSignal,
  ): Promise<TaskResult> => {
    const { volumeId, snapshotId, sha256 } = spec;
    const about = await snapshots.find(snapshotId);
    if (about === null) throw new TaskFailure("snapshot_not_found", "There is no such snapshot on this node.");
    if (about.sha256 !== sha256 || (await snapshots.hash(snapshotId, signal)) !== sha256) {
      const message = "The snapshot is not what it was when it was taken, so it was not used. The volume is as it was.";
      throw new TaskFailure("snapshot_damaged", message);
    }
    await refuseWithoutRoom(about.contentBytes - (await heldBy(volumeId, signal)), "restore the snapshot");
    try {
      await engine.volumes.restore(volumeId, snapshots.fileOf(snapshotId), signal);
    } catch (err) {
      if (err instanceof TaskFailure || signal.aborted) throw err;
      const message =
        "The snapshot could not be unpacked whole; the volume now holds a part of it. Restore it again before the service is started.";
      throw new TaskFailure("task_failed", message, err);
    }
    return { kind: "volume.restore" };
  };

  /** What will be free once the volume is emptied. */
  const heldBy = async (volumeId: string, signal: AbortSignal): Promise<number> => {
    try {
      return (await engine.volumes.usage(volumeId, signal)).bytes;
    } catch (err) {
      if (err instanceof TaskFailure && err.reason.code === "volume_not_found") return 0;
      throw err;
    }
  };

  /** The data's disk is where snapshots are; volumes are on the same, or on the engine's. */
  const refuseWithoutRoom = async (bytes: number, purpose: string): Promise<void> => {
    for (const { path, freeBytes, reserveBytes } of await engine.disks()) {
      if (bytes <= 0 || freeBytes - bytes >= reserveBytes) continue;
      const message = `The disk of ${path} on this node has too little space to ${purpose}: ${inWords(bytes)} are needed, ${inWords(freeBytes)} are free, and ${inWords(reserveBytes)} are kept free.`;
      throw new TaskFailure("disk_full", message);
    }
  };

  const usage = async (signal: AbortSignal): Promise<TaskResult> => ({
    kind: "node.usage",
    usage: {
      disks: await engine.disks(),
      ...(await engine.usage(parts.wantedImages() ?? [], signal)),
      snapshots: await snapshots.count(),
    },
  });

  const carryOut = async (task: Task, signal: AbortSignal): Promise<TaskResult> => {
    const { spec } = task;
    if (changesVolume(spec) || spec.kind === "volume.resize") refuseStale(task);
    if (changesVolume(spec)) await refuseWhileUsed(spec.volumeId);
    switch (spec.kind) {
      case "volume.usage":
        return { kind: spec.kind, ...(await engine.volumes.usage(spec.volumeId, signal)) };
      case "volume.browse": {
        const { volumeId, path } = spec;
        return { kind: spec.kind, path, found: await engine.volumes.browse(volumeId, path, signal) };
      }
      case "volume.reset":
        await engine.volumes.reset(spec.volumeId, signal);
        return { kind: spec.kind };
      case "volume.remove":
        return { kind: spec.kind, existed: await engine.volumes.remove(spec.volumeId, signal) };
      case "volume.resize": {
        const { volumeId, sizeMiB } = spec;
        return { kind: spec.kind, sizeMiB, ...(await engine.volumes.resize(volumeId, sizeMiB, signal)) };
      }
      case "volume.snapshot":
        return snapshot(spec.volumeId, spec.snapshotId, signal);
      case "volume.restore":
        return restore(spec, signal);
      case "snapshot.remove":
        return { kind: spec.kind, existed: await snapshots.remove(spec.snapshotId) };
      case "node.usage":
        return usage(signal);
      case "node.cleanup": {
        const cleanup = await budget.tidy();
        if (cleanup === null) throw new TaskFailure("task_failed", "The node does not know yet what is wanted of it.");
        return { kind: spec.kind, cleanup };
      }
    }
  };

  return {
    carryOut,
    /** A replica with these volumes was started. */
    noteStart(volumes: readonly { volumeId: string }[], at: number): void {
      for (const { volumeId } of volumes) starts.set(volumeId, at);
    },
  };
};
