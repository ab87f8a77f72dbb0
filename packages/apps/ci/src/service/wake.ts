/** Wakes whoever waits for something to change in the database. It carries no data: the woken look again. */
export type Wake = {
  /** To be read before looking, and given to `waitPast` when there was nothing: a change in between is not missed. */
  readonly count: number;
  wake(): void;
  /** Returns once `wake` was called after `count` was `seen`, after `timeoutMs`, or when the signal ends. */
  waitPast(seen: number, timeoutMs: number, signal: AbortSignal): Promise<void>;
};

export const createWake = (): Wake => {
  let count = 0;
  let next = Promise.withResolvers<void>();
  return {
    get count() {
      return count;
    },
    wake() {
      count += 1;
      next.resolve();
      next = Promise.withResolvers<void>();
    },
    async waitPast(seen, timeoutMs, signal) {
      if (count !== seen || signal.aborted) return;
      const over = Promise.withResolvers<void>();
      const timer = setTimeout(over.resolve, timeoutMs);
      const stop = () => over.resolve();
      signal.addEventListener("abort", stop, { once: true });
      await Promise.race([next.promise, over.promise]);
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
};
