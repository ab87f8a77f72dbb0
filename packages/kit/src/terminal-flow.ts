import { TERMINAL_WINDOW_BYTES } from "./terminal-frames.ts";

/** What a terminal moves in a second in one direction, on average; it may be behind by a quarter of that. */
export const TERMINAL_BYTES_PER_SECOND = 1024 * 1024;
const BURST_BYTES = TERMINAL_BYTES_PER_SECOND / 4;
/** A message costs so much at least, whatever is in it: programs may write byte by byte. */
const LEAST_BYTES = 1024;

/** One direction of a terminal, at the end that sends. */
export type TerminalFlow = {
  /** Waits until so many bytes may go: the other end keeps up, and it is not too many a second. False once `signal` is aborted. */
  admit(bytes: number): Promise<boolean>;
  /** The other end has taken so many more. */
  taken(bytes: number): void;
};

export const createTerminalFlow = (signal: AbortSignal, now = () => performance.now()): TerminalFlow => {
  let underway = 0;
  let allowance = BURST_BYTES;
  let countedAt = now();
  let wake = Promise.withResolvers<void>();
  const refill = () => {
    const at = now();
    allowance = Math.min(BURST_BYTES, allowance + ((at - countedAt) / 1000) * TERMINAL_BYTES_PER_SECOND);
    countedAt = at;
  };
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  return {
    async admit(bytes) {
      while (!signal.aborted && underway > 0 && underway + bytes > TERMINAL_WINDOW_BYTES) await wake.promise;
      refill();
      while (!signal.aborted && allowance < 0) {
        await Bun.sleep((-allowance / TERMINAL_BYTES_PER_SECOND) * 1000 + 1);
        refill();
      }
      underway += bytes;
      allowance -= Math.max(bytes, LEAST_BYTES);
      return !signal.aborted;
    },
    taken(bytes) {
      underway = Math.max(0, underway - bytes);
      wake.resolve();
      if (!signal.aborted) wake = Promise.withResolvers<void>();
    },
  };
};
