import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { isMissing, readState, writeState } from "../state-file.ts";

const SnapshotAbout = z.object({
  volumeId: z.uuid(),
  /** Of the archive. */
  bytes: z.number().int(),
  /** Of what is in it, on disk. */
  contentBytes: z.number().int(),
  sha256: z.string().length(64),
  consistent: z.boolean(),
  createdAt: z.coerce.date(),
});
export type SnapshotAbout = z.infer<typeof SnapshotAbout>;

const UNFINISHED = ".unfinished";

/**
 * Archives of volumes on this node's disk: a folder for each, under its id, with `data.tar.zst` and what is known of it. A
 * folder without an ending is whole.
 */
export const createSnapshots = (dir: string) => {
  const folderOf = (id: string): string => join(dir, id);
  const fileOf = (id: string): string => join(dir, id, "data.tar.zst");
  const find = (id: string): Promise<SnapshotAbout | null> => readState(join(dir, id, "snapshot.json"), SnapshotAbout);

  return {
    find,
    fileOf,

    /** Makes a snapshot of what `pack` writes into a new file; `isConsistent` is asked afterwards. There must be none yet. */
    async make(
      id: string,
      of: Pick<SnapshotAbout, "volumeId" | "contentBytes">,
      pack: (file: string) => Promise<void>,
      isConsistent: () => boolean,
      signal: AbortSignal,
    ): Promise<SnapshotAbout> {
      const draft = join(dir, `${id}.${Bun.randomUUIDv7()}${UNFINISHED}`);
      try {
        await mkdir(draft, { recursive: true, mode: 0o700 });
        const file = join(draft, "data.tar.zst");
        await pack(file);
        const about: SnapshotAbout = {
          ...of,
          bytes: (await stat(file)).size,
          sha256: await hashOf(file, signal),
          consistent: isConsistent(),
          createdAt: new Date(),
        };
        await writeState(join(draft, "snapshot.json"), about);
        await rename(draft, folderOf(id));
        return about;
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },

    hash: (id: string, signal: AbortSignal): Promise<string> => hashOf(fileOf(id), signal),

    /** False when it is gone already. */
    async remove(id: string): Promise<boolean> {
      const doomed = `${folderOf(id)}.${Bun.randomUUIDv7()}${UNFINISHED}`;
      try {
        await rename(folderOf(id), doomed);
      } catch (err) {
        if (isMissing(err)) return false;
        throw err;
      }
      await rm(doomed, { recursive: true, force: true });
      return true;
    },

    async count(): Promise<{ count: number; bytes: number }> {
      const found = await Promise.all((await namesIn(dir)).filter(isId).map(find));
      const whole = found.filter((about) => about !== null);
      return { count: whole.length, bytes: whole.reduce((sum, { bytes }) => sum + bytes, 0) };
    },

    /** Removes what earlier agents left half made; to be called while none is being made. */
    async removeLeftovers(): Promise<number> {
      const left = (await namesIn(dir)).filter((name) => name.endsWith(UNFINISHED));
      for (const name of left) await rm(join(dir, name), { recursive: true, force: true });
      return left.length;
    },
  };
};

export type Snapshots = ReturnType<typeof createSnapshots>;

const hashOf = async (file: string, signal: AbortSignal): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
};

const namesIn = async (dir: string): Promise<string[]> => {
  try {
    return await readdir(dir);
  } catch (err) {
    if (isMissing(err)) return [];
    throw err;
  }
};
