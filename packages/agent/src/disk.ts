import { stat, statfs } from "node:fs/promises";
import type { NodeDisk } from "@homeport/clusters/contract.ts";
import { inWords } from "./bytes.ts";
import { ReplicaFailure } from "./failure.ts";

/** What is kept free on every disk: the larger of the two. A full disk stops everything on it, ours or not. */
export type DiskReserve = { bytes: number; fraction: number };

export const DEFAULT_RESERVE: DiskReserve = { bytes: 2 * 1024 ** 3, fraction: 0.05 };

/** The disk under `path`; null when it cannot be seen from here, as the disk of an engine on another machine. */
export const diskOf = async (
  use: NodeDisk["use"],
  path: string,
  reserve: DiskReserve,
): Promise<(NodeDisk & { device: number }) | null> => {
  try {
    const [{ bsize, blocks, bavail }, { dev }] = await Promise.all([statfs(path), stat(path)]);
    const totalBytes = blocks * bsize;
    const reserveBytes = Math.max(reserve.bytes, Math.floor(totalBytes * reserve.fraction));
    // free for everybody: what only root may use is a reserve of the system's own
    return { use, path, totalBytes, freeBytes: bavail * bsize, reserveBytes, device: dev };
  } catch {
    return null;
  }
};

/** One of each: two uses of one disk are told as the first. */
export const distinctDisks = (disks: readonly ((NodeDisk & { device: number }) | null)[]): NodeDisk[] => {
  const known = new Set<number>();
  return disks.flatMap((disk) => {
    if (disk === null || known.has(disk.device)) return [];
    known.add(disk.device);
    const { device: _, ...wire } = disk;
    return [wire];
  });
};

export const isUnderPressure = (disks: readonly NodeDisk[]): boolean => fullest(disks) !== null;

/** The first disk below its reserve. */
const fullest = (disks: readonly NodeDisk[]): NodeDisk | null =>
  disks.find(({ freeBytes, reserveBytes }) => freeBytes < reserveBytes) ?? null;

/** @throws {ReplicaFailure} disk_full, before an image is brought onto a disk that is nearly full. */
export const refuseWhenFull = (disks: readonly NodeDisk[]): void => {
  const full = fullest(disks);
  if (full === null) return;
  const message = `The disk of ${full.path} on this node is nearly full: ${inWords(full.freeBytes)} of ${inWords(full.totalBytes)} are free, and ${inWords(full.reserveBytes)} are kept free, so the image was not pulled. Free some space on the node.`;
  throw new ReplicaFailure({ code: "disk_full", message }, { retryable: true });
};
