/** Wakes one waiting loop. Ringing while nobody waits is remembered once, so no wake-up is lost and none piles up. */
export const createBell = () => {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring(): void {
      rung = true;
      wake?.();
    },
    /** Returns when the bell rings, has rung since the last wait, `timeoutMs` passes or `signal` is aborted. */
    async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        wake = resolve;
        signal.addEventListener("abort", resolve as () => void, { once: true });
        await promise;
        clearTimeout(timer);
        signal.removeEventListener("abort", resolve as () => void);
        wake = null;
      }
      rung = false;
    },
  };
};

export type Bell = ReturnType<typeof createBell>;
