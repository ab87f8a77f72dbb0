import { chmod, chown, lstat, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { run } from "../../exec.ts";
import type { Volumes } from "../../ports.ts";
import { isMissing } from "../../state-file.ts";
import { noSuchVolume, TaskFailure } from "../../task-failure.ts";
import type { FileMount } from "../placed-files.ts";
import { browseFolder, emptyFolder, measureFolder, packFolder, unpackFolder } from "../volume-folder.ts";
import { createVolumeRecords, recordOf, type VolumeRecord } from "../volume-records.ts";

const CHOWN_TIMEOUT_MS = 10 * 60_000;
const MIB = 1024 * 1024;

/**
 * Volumes as folders in the agent's own, each closed to everybody but its workload's user. How much they hold is measured
 * and not limited: folders of one file system have no sizes of their own.
 */
export const createProcessVolumes = (dir: string) => {
  const records = createVolumeRecords(dir);
  const folderOf = (id: string): string => join(dir, id);

  const existing = async (id: string): Promise<string> => {
    if (!(await isThere(folderOf(id)))) throw noSuchVolume();
    return folderOf(id);
  };

  const make = async (id: string): Promise<void> => {
    await mkdir(folderOf(id), { recursive: true, mode: 0o700 });
    await chmod(folderOf(id), 0o700);
  };

  /** Gives everything in it to the user that the workload has now. */
  const give = async (id: string, uid: number | null): Promise<void> => {
    if (uid === null || (await records.find(id))?.uid === uid) return;
    await run(["chown", "-R", "-h", `${uid}:${uid}`, "--", folderOf(id)], CHOWN_TIMEOUT_MS);
  };

  const volumes: Volumes = {
    async usage(id, signal) {
      const measured = await measureFolder(await existing(id), signal);
      return { ...measured, sizeMiB: (await records.find(id))?.sizeMiB ?? null, enforced: false };
    },
    browse: async (id, path) => browseFolder(await existing(id), path),
    reset: async (id, signal) => emptyFolder(await existing(id), signal),
    async remove(id, signal) {
      const existed = await isThere(folderOf(id));
      if (existed) await emptyFolder(folderOf(id), signal);
      await rm(folderOf(id), { recursive: true, force: true });
      await records.forget(id);
      return existed;
    },
    async resize(id, sizeMiB, signal) {
      const { bytes } = await measureFolder(await existing(id), signal);
      if (bytes > sizeMiB * MIB) throw holdsMore(bytes, sizeMiB);
      await records.save(id, { sizeMiB });
      return { enforced: false };
    },
    archive: async (id, file, signal) => packFolder(await existing(id), file, signal),
    async restore(id, file, signal) {
      await make(id);
      await records.save(id, { uid: null }); // whoever had the files in the archive is not whom they are for
      await emptyFolder(folderOf(id), signal);
      await unpackFolder(folderOf(id), file, signal);
      await chmod(folderOf(id), 0o700);
    },
  };

  return {
    volumes,

    /** Makes a replica's volumes where they are missing; its mounts. */
    async place(replica: DesiredReplica, uid: number | null): Promise<FileMount[]> {
      for (const volume of replica.volumes) {
        await make(volume.volumeId);
        await give(volume.volumeId, uid);
        await records.save(volume.volumeId, { ...recordOf(replica, volume), uid });
      }
      return replica.volumes.map(({ volumeId, path }) => ({ from: folderOf(volumeId), to: path, writable: true }));
    },

    records: (): Promise<VolumeRecord[]> => records.list(),

    /** Of all volumes together. */
    async count(signal: AbortSignal): Promise<{ count: number; bytes: number }> {
      const ids = (await records.list()).map(({ volumeId }) => volumeId);
      const measured = await Promise.all(
        ids.map(async (id) => ((await isThere(folderOf(id))) ? (await measureFolder(folderOf(id), signal)).bytes : 0)),
      );
      return { count: ids.length, bytes: measured.reduce((sum, bytes) => sum + bytes, 0) };
    },
  };
};

export type ProcessVolumes = ReturnType<typeof createProcessVolumes>;

export const holdsMore = (bytes: number, sizeMiB: number): TaskFailure =>
  new TaskFailure(
    "volume_too_full",
    `The volume holds ${Math.ceil(bytes / MIB)} MiB, which is more than ${sizeMiB} MiB. Remove something first.`,
  );

const isThere = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (err) {
    if (isMissing(err)) return false;
    throw err;
  }
};

/**
 * Makes the folder on which a volume will lie, in a folder that the workload itself writes to. Nothing of the workload runs
 * while this does; what it left there may be anything, and root must not mount along a link of it.
 *
 * Returns false when something else is in the way.
 */
export const makeMountPoint = async (root: string, inner: string, uid: number | null): Promise<boolean> => {
  let path = root;
  for (const name of inner.split("/").filter((part) => part !== "")) {
    path = join(path, name);
    try {
      await mkdir(path, { mode: 0o755 });
      if (uid !== null) await chown(path, uid, uid);
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EEXIST")) throw err;
      if (!(await lstat(path)).isDirectory()) return false;
    }
  }
  return true;
};
