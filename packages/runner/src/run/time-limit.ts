/**
 * Runs `work` with a signal that also aborts after `ms`, with what `late` makes as its reason. `work` has to end when its
 * signal aborts.
 */
export const withTimeLimit = async <T>(
  ms: number,
  late: () => Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), ms);
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
};
