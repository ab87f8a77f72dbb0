/** A statement of a loop takes milliseconds; one that takes this long has lost its connection. */
const STATEMENT_MS = 10_000;

/** Waits for a statement, but not for ever: the server's timeouts do not help when the server is gone. */
export async function bounded<T>(work: PromiseLike<T>, timeoutMs = STATEMENT_MS): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer from the database within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
