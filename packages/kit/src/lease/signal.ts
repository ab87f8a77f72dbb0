/** A wake-up between parts of one process. It may be raised too often; whoever waits looks for itself what changed. */
export type Signal = {
  /** Grows with each raise. Read it before looking, so that nothing between looking and waiting is missed. */
  count(): number;
  raise(): void;
  /** Resolves once the count is above `seen`, `ms` have passed, or `until` is aborted. Never rejects. */
  waitAbove(seen: number, ms: number, until: AbortSignal): Promise<void>;
};

export const createSignal = (): Signal => {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    count: () => count,
    raise() {
      count++;
      for (const wake of [...waiting]) wake();
    },
    waitAbove: (seen, ms, until) =>
      new Promise((resolve) => {
        if (count > seen || until.aborted || ms <= 0) return resolve();
        const wake = () => {
          clearTimeout(timer);
          until.removeEventListener("abort", wake);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        until.addEventListener("abort", wake);
        waiting.add(wake);
      }),
  };
};
