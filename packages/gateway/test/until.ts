/** Waits until the condition holds, looking every few milliseconds; fails with the sentence when it does not in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 4_000, // below the runner's own limit, which would kill the Valkey of the other tests too
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`);
    await Bun.sleep(5);
  }
  return performance.now() - startedAt;
}
