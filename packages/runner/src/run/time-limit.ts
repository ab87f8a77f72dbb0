/**
 * Runs `work` with a signal that also aborts after `ms`, with what `late` makes as its reason. `work` has to end when its
 * signal aborts; whatever it throws then, the reason is what comes out.
 */
export const withTimeLimit = async <T>(
  ms: number,
  late: () => Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), ms);
  const both = AbortSignal.any([signal, limit.signal]);
  try {
    return await work(both);
  } catch (err) {
    throw both.aborted ? both.reason : err; // libraries throw an error of their own when they are aborted
  } finally {
    clearTimeout(timer);
  }
};
