import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type Docker from "dockerode";
import { ReplicaFailure } from "../../failure.ts";
import type { Volumes } from "../../ports.ts";
import { noSuchVolume, TaskFailure } from "../../task-failure.ts";
import { browseFolder, emptyFolder, measureFolder, packFolder, unpackFolder } from "../volume-folder.ts";
import { createVolumeRecords, recordOf } from "../volume-records.ts";
import { call, callUnless, statusOf, textOf } from "./calls.ts";
import { LABEL, volumeName } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { createVolumeArchive } from "./volume-archive.ts";

const TIMEOUT_MS = 30_000;
/** Removing a volume removes its files. */
const REMOVE_TIMEOUT_MS = 10 * 60_000;
const MIB = 1024 * 1024;

type Found = { name: string; mountpoint: string; labels: Record<string, string>; enforcedSize: boolean };

/**
 * Named volumes of the engine, marked as ours. Where the agent is root on the engine's machine their files are worked on
 * in their folder, else through the engine's archives. A size is enforced where the engine's disk has quotas for folders
 * (xfs with project quotas); elsewhere it is measured.
 */
export const createDockerVolumes = (
  docker: Docker,
  endpoint: Endpoint,
  options: { nodeId: string; dataDir: string; sharesMachine: boolean },
) => {
  const records = createVolumeRecords(join(options.dataDir, "volumes"));
  const archives = createVolumeArchive(docker, endpoint, options.nodeId);

  const inspect = async (id: string): Promise<Found | null> => {
    const name = volumeName(id);
    const found = await callUnless([404], "inspect a volume", TIMEOUT_MS, () => docker.getVolume(name).inspect());
    if (found === null) return null;
    const { Labels: labels, Mountpoint: mountpoint, Options: settings } = found;
    return { name, mountpoint, labels: labels ?? {}, enforcedSize: settings?.size !== undefined };
  };

  const isOurs = (id: string, { labels }: Found): boolean =>
    labels[LABEL.node] === options.nodeId && labels[LABEL.volume] === id;

  /** @throws {TaskFailure} when there is none, or one of that name that is not ours. */
  const existing = async (id: string): Promise<Found> => {
    const found = await inspect(id);
    if (found === null || !isOurs(id, found)) throw noSuchVolume();
    return found;
  };

  /** The volume's folder on this machine; null when only the engine can reach it. */
  const folderOf = async ({ mountpoint }: Found): Promise<string | null> => {
    if (!options.sharesMachine || process.getuid?.() !== 0) return null;
    const isFolder = await stat(mountpoint).then(
      (found) => found.isDirectory(),
      () => false, // the agent is in a container of its own
    );
    return isFolder ? mountpoint : null;
  };

  const create = async (id: string, labels: Record<string, string>, sizeMiB: number | null): Promise<void> => {
    const request = {
      Name: volumeName(id),
      Driver: "local",
      Labels: { ...labels, [LABEL.node]: options.nodeId, [LABEL.volume]: id },
    };
    const make = (more: { DriverOpts?: Record<string, string> }) =>
      call("create a volume", TIMEOUT_MS, () => docker.createVolume({ ...request, ...more }));
    if (sizeMiB === null) return void (await make({}));
    try {
      await make({ DriverOpts: { size: `${sizeMiB}m` } });
    } catch (err) {
      if (!isWithoutQuota(err)) throw err;
      await make({});
    }
  };

  /** A volume's files are gone with it, and it comes back empty, with the same marks. */
  const recreate = async (id: string, { labels, name }: Found): Promise<void> => {
    await call("remove a volume", REMOVE_TIMEOUT_MS, () => docker.getVolume(name).remove()).catch(inUse);
    await create(id, labels, (await records.find(id))?.sizeMiB ?? null);
  };

  const imageOf = async (id: string): Promise<string | null> => (await records.find(id))?.imageName ?? null;

  const measure = async (id: string, found: Found, signal: AbortSignal) => {
    const folder = await folderOf(found);
    return folder === null ? archives.measure(found.name, await imageOf(id), signal) : measureFolder(folder, signal);
  };

  const volumes: Volumes = {
    async usage(id, signal) {
      const found = await existing(id);
      const measured = await measure(id, found, signal);
      return { ...measured, sizeMiB: (await records.find(id))?.sizeMiB ?? null, enforced: found.enforcedSize };
    },

    async browse(id, path, signal) {
      const found = await existing(id);
      const folder = await folderOf(found);
      return folder === null
        ? archives.browse(found.name, await imageOf(id), path, signal)
        : browseFolder(folder, path);
    },

    async reset(id, signal) {
      const found = await existing(id);
      const folder = await folderOf(found);
      if (folder === null) await recreate(id, found);
      else await emptyFolder(folder, signal);
    },

    async remove(id) {
      const found = await inspect(id);
      const existed = found !== null && isOurs(id, found);
      if (existed) {
        const removal = () => docker.getVolume(found.name).remove();
        await callUnless([404], "remove a volume", REMOVE_TIMEOUT_MS, removal).catch(inUse);
      }
      await records.forget(id);
      return existed;
    },

    async resize(id, sizeMiB, signal) {
      const found = await existing(id);
      if (found.enforcedSize) {
        const message =
          "The Docker engine cannot change the size of a volume that has a limit. Take a snapshot, remove the volume, and restore it into a new one.";
        throw new TaskFailure("not_supported", message);
      }
      const { bytes } = await measure(id, found, signal);
      if (bytes > sizeMiB * MIB) throw holdsMore(bytes, sizeMiB);
      await records.save(id, { sizeMiB });
      return { enforced: false };
    },

    async archive(id, file, signal) {
      const found = await existing(id);
      const folder = await folderOf(found);
      if (folder === null) await archives.pack(found.name, await imageOf(id), file, signal);
      else await packFolder(folder, file, signal);
    },

    async restore(id, file, signal) {
      const before = await inspect(id);
      if (before !== null && !isOurs(id, before)) throw noSuchVolume();
      if (before === null) await create(id, {}, null);
      const found = await existing(id);
      const folder = await folderOf(found);
      if (folder === null) {
        const imageName = await imageOf(id);
        await archives.assertReachable(imageName);
        if (before !== null) await recreate(id, found);
        await archives.unpack(found.name, imageName, file, signal);
      } else {
        await emptyFolder(folder, signal);
        await unpackFolder(folder, file, signal);
      }
    },
  };

  return {
    volumes,

    removeHelpers: () => archives.removeHelpers(),

    /**
     * Makes a replica's volumes where they are missing.
     *
     * @throws {ReplicaFailure} name_taken
     */
    async ensure(replica: DesiredReplica, imageName: string): Promise<void> {
      for (const volume of replica.volumes) {
        const { volumeId: id } = volume;
        let found = await inspect(id);
        if (found === null) {
          const labels = { [LABEL.workload]: replica.workloadId, [LABEL.project]: replica.projectId };
          await create(id, labels, volume.sizeMiB ?? null);
          found = await inspect(id); // whoever was first with that name made it
        }
        if (found === null || !isOurs(id, found)) throw nameTaken(id);
        await records.save(id, { ...recordOf(replica, volume), imageName });
      }
    },
  };
};

export type DockerVolumes = ReturnType<typeof createDockerVolumes>;

/** How dockerd 20 to 28 words it (volume/local). */
const isWithoutQuota = (err: unknown): boolean => /quota size requested but no quota support/i.test(textOf(err));

const inUse = (err: unknown): never => {
  if (statusOf(err) !== 409) throw err;
  const message = "A container on the node still has the volume, so it stays as it is.";
  throw new TaskFailure("volume_in_use", message, err);
};

const holdsMore = (bytes: number, sizeMiB: number): TaskFailure =>
  new TaskFailure(
    "volume_too_full",
    `The volume holds ${Math.ceil(bytes / MIB)} MiB, which is more than ${sizeMiB} MiB. Remove something first.`,
  );

const nameTaken = (id: string): ReplicaFailure => {
  const message = `A volume named ${volumeName(id)} exists on the node and is not Homeport's.`;
  return new ReplicaFailure({ code: "name_taken", message }, { retryable: false });
};
