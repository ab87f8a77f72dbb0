/** How long a condition may take on a busy machine; less than the 5 s that bun gives a test, so that the message is ours. */
const TIMEOUT_MS = 4000;

/**
 * Waits until `condition` gives something truthy, and gives that back. Tests wait on what they need to see, they do not
 * sleep. A condition that throws is tried again; the last error is the cause of the timeout.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = TIMEOUT_MS, message = "the condition never held" }: { timeoutMs?: number; message?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const value = await condition();
      if (value) return value as NonNullable<Exclude<T, false>>;
      cause = undefined;
    } catch (err) {
      cause = err;
    }
    await Bun.sleep(5);
  } while (Date.now() < deadline);
  throw new Error(`Waited ${timeoutMs} ms: ${message}`, { cause });
}
