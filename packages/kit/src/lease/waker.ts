/** Lets one loop sleep until it is woken, its time is up or the signal aborts. */
export type Waker = {
  /** Ends the wait of the loop, or the next one when it is not waiting right now. */
  wake(): void;
  wait(maxMs: number): Promise<void>;
};

export function createWaker(signal: AbortSignal): Waker {
  let woken = false;
  let end: (() => void) | null = null;
  const wake = () => {
    woken = true;
    end?.();
  };
  signal.addEventListener("abort", wake, { once: true });
  return {
    wake,
    async wait(maxMs) {
      if (!woken && !signal.aborted && maxMs > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, maxMs);
        end = resolve;
        await promise;
        clearTimeout(timer);
        end = null;
      }
      woken = false;
    },
  };
}

/** Waits, unless the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
}
