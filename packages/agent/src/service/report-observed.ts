import { backoffMs } from "../backoff.ts";
import { createBell } from "../bell.ts";
import { log } from "../log.ts";
import type { ControlPlane, Observation } from "../ports.ts";
import { sleep } from "../sleep.ts";

/** Changes that come together travel together. */
const COALESCE_MS = 5;
/** Said again when nothing changes: the control plane tells a quiet node from a lost one by it. */
const REPEAT_MS = 15_000;
const TIMEOUT_MS = 15_000;

/** Tells the control plane what is, whenever it changes; always the newest, never a queue. */
export const createReporter = (controlPlane: ControlPlane) => {
  const bell = createBell();
  let latest: { state: Observation; text: string } | null = null;
  let sent = "";

  return {
    update(state: Observation): void {
      latest = { state, text: JSON.stringify(state) };
      if (latest.text !== sent) bell.ring();
    },

    async run(signal: AbortSignal): Promise<void> {
      let failures = 0;
      while (!signal.aborted) {
        await bell.wait(REPEAT_MS, signal);
        await sleep(COALESCE_MS, signal);
        if (latest === null || signal.aborted) continue;
        const { state, text } = latest;
        try {
          await controlPlane.observed(state, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
          sent = text;
          failures = 0;
        } catch (err) {
          if (signal.aborted) return;
          failures += 1;
          if (failures === 1) log.warn({ err }, "the node's state could not be reported");
          await sleep(Math.min(backoffMs(failures), 5_000), signal);
          bell.ring();
        }
      }
    },
  };
};

export type Reporter = ReturnType<typeof createReporter>;
