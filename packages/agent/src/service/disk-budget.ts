import type { Cleanup, ImageRef } from "@homeport/clusters/contract.ts";
import { inWords } from "../bytes.ts";
import { isUnderPressure } from "../disk.ts";
import { log } from "../log.ts";
import type { ContainerEngine } from "../ports.ts";
import { sleep } from "../sleep.ts";

const EVERY_MS = 60 * 60_000;
/** When images do not fit, it is tried again and again; tidying more often than this finds nothing new. */
const AGAIN_AFTER_MS = 60_000;

/**
 * Keeps the node's disks from filling up with what the agent brought there: images that nothing wants any more go after a
 * while, and at once, those unused for longest first, when a disk is below its reserve. What somebody else made is never
 * removed, nor volumes and snapshots, which only a task removes.
 */
export const createDiskBudget = (
  engine: ContainerEngine,
  options: { keepImagesMs: number; wanted(): ImageRef[] | null },
) => {
  let going: Promise<Cleanup> | null = null;
  let tidiedAt = 0;

  const tidyNow = async (wanted: ImageRef[]): Promise<Cleanup> => {
    const before = await engine.disks();
    const underPressure = isUnderPressure(before);
    const removed = await engine.removeUnusedImages(wanted, options.keepImagesMs);
    if (underPressure) {
      const isEnough = async () => !isUnderPressure(await engine.disks());
      const more = await engine.removeUnusedImages(wanted, 0, isEnough);
      removed.count += more.count;
      removed.bytes += more.bytes;
    }
    const disks = await engine.disks();
    const cleanup = {
      freedBytes: removed.bytes,
      removedImages: removed.count,
      underPressure,
      message: inSentences(removed, underPressure, isUnderPressure(disks)),
      disks,
    };
    const { disks: _, ...facts } = cleanup;
    if (removed.count > 0 || underPressure) log.info(facts, "the node's disk was tidied");
    return cleanup;
  };

  /** One at a time: who asks meanwhile gets the answer of the one that is going on. Null while nobody has told what is wanted. */
  const tidy = (): Promise<Cleanup> | null => {
    const wanted = options.wanted();
    if (wanted === null) return null;
    going ??= tidyNow(wanted).finally(() => {
      going = null;
      tidiedAt = Date.now();
    });
    return going;
  };

  const tidyQuietly = async (): Promise<void> => {
    await tidy()?.catch((err: unknown) => log.warn({ err }, "the node's disk could not be tidied"));
  };

  return {
    tidy,
    /** An image was not pulled for want of space. */
    needSpace(): void {
      if (going === null && Date.now() - tidiedAt >= AGAIN_AFTER_MS) void tidyQuietly();
    },
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await sleep(EVERY_MS, signal);
        if (!signal.aborted) await tidyQuietly();
      }
      await going?.catch(() => undefined);
    },
  };
};

export type DiskBudget = ReturnType<typeof createDiskBudget>;

const inSentences = (removed: { count: number; bytes: number }, before: boolean, after: boolean): string => {
  const what =
    removed.count === 0
      ? "Nothing of ours was left to remove."
      : `Removed ${removed.count === 1 ? "an image" : `${removed.count} images`} that nothing uses (${inWords(removed.bytes)}).`;
  if (!before) return what;
  return after
    ? `${what} The disk is still nearly full; what fills it is in use, or not Homeport's to remove.`
    : `${what} The disk was nearly full and has space again.`;
};
