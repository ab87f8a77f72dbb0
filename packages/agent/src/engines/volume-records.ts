import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { isId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { isMissing, readState, writeState } from "../state-file.ts";

const VolumeRecord = z.object({
  volumeId: z.uuid(),
  /** Null for one that was made by a restore and that no replica has had yet. */
  workloadId: z.uuid().nullable(),
  projectId: z.uuid().nullable(),
  sizeMiB: z.number().int().nullable(),
  /** Whose the files are; null when that has to be set at the next start. */
  uid: z.number().int().nullable(),
  /** Of a workload that had it: what the folder can be looked at through, where it cannot be reached otherwise. */
  imageName: z.string().max(800).nullable().default(null),
});
export type VolumeRecord = z.infer<typeof VolumeRecord>;

/** What the node remembers of its volumes, beside what is in them. Losing it loses no data. */
export const createVolumeRecords = (dir: string) => {
  const fileOf = (id: string): string => join(dir, `${id}.json`);
  const find = (id: string): Promise<VolumeRecord | null> => readState(fileOf(id), VolumeRecord);
  return {
    find,

    async save(id: string, changes: Partial<VolumeRecord>): Promise<void> {
      const empty: VolumeRecord = {
        volumeId: id,
        workloadId: null,
        projectId: null,
        sizeMiB: null,
        uid: null,
        imageName: null,
      };
      const known = (await find(id)) ?? empty;
      const next = { ...known, ...changes };
      if (!Bun.deepEquals(known, next) || known === empty) await writeState(fileOf(id), next);
    },

    forget: (id: string): Promise<void> => rm(fileOf(id), { force: true }),

    async list(): Promise<VolumeRecord[]> {
      const names = await readdir(dir).catch((err: unknown) => {
        if (isMissing(err)) return [];
        throw err;
      });
      const ids = names
        .flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -".json".length)] : []))
        .filter(isId);
      return (await Promise.all(ids.map(find))).filter((record) => record !== null);
    },
  };
};

export type VolumeRecords = ReturnType<typeof createVolumeRecords>;

/** What a replica's wish says of one of its volumes. */
export const recordOf = (
  replica: Pick<DesiredReplica, "workloadId" | "projectId">,
  volume: DesiredReplica["volumes"][number],
): Partial<VolumeRecord> => ({
  workloadId: replica.workloadId,
  projectId: replica.projectId,
  ...(volume.sizeMiB === undefined ? {} : { sizeMiB: volume.sizeMiB }),
});
