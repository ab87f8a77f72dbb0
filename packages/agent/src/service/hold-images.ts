import type { ImageRef } from "@homeport/clusters/contract.ts";
import { backoffMs } from "../backoff.ts";
import { log } from "../log.ts";
import type { ContainerEngine, Credentials } from "../ports.ts";
import { sleep } from "../sleep.ts";

const PULL_TIMEOUT_MS = 30 * 60_000;
/** Asked again, since somebody may have removed it by hand; the engine answers at once when it is there. */
const AGAIN_MS = 60 * 60_000;

/** Has images on the node before anything needs them: those of runs, which shall begin at once when their time comes. */
export const createImageHolder = (engine: ContainerEngine, credentials: () => Promise<Credentials>) => {
  const held = new Map<string, AbortController>();

  const hold = async (image: ImageRef, signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const access = "digest" in image ? await credentials() : null;
        await engine.pull(image, access, AbortSignal.any([signal, AbortSignal.timeout(PULL_TIMEOUT_MS)]));
        failures = 0;
      } catch (err) {
        failures += 1;
        if (failures === 1 && !signal.aborted) log.warn({ err }, "an image could not be brought onto the node ahead");
      }
      await sleep(failures === 0 ? AGAIN_MS : backoffMs(failures), signal);
    }
  };

  return {
    sync(images: readonly ImageRef[]): void {
      const wanted = new Map(images.map((image) => [JSON.stringify(image), image]));
      for (const [key, stop] of held) {
        if (wanted.has(key)) continue;
        stop.abort();
        held.delete(key);
      }
      for (const [key, image] of wanted) {
        if (held.has(key)) continue;
        const stop = new AbortController();
        held.set(key, stop);
        void hold(image, stop.signal);
      }
    },
    stop(): void {
      for (const stop of held.values()) stop.abort();
      held.clear();
    },
  };
};
