export type BatchLimits<T> = {
  items: number;
  /** Sum of `sizeOf` over the items; the item that passes it is the last one. */
  size: number;
  /** How long an item may wait for others. */
  delayMs: number;
  sizeOf(item: T): number;
};

/** Groups what comes one by one. Asks for one item beyond the batch at most, so a slow reader slows the source. */
export async function* batches<T>(source: AsyncIterable<T>, limits: BatchLimits<T>): AsyncGenerator<T[]> {
  const iterator = source[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<T>> | null = null;
  const ask = (): Promise<IteratorResult<T>> => {
    asked ??= iterator.next();
    asked.catch(() => {}); // it is awaited later; until then a failure must not count as unhandled
    return asked;
  };
  try {
    for (;;) {
      const first = await ask();
      asked = null;
      if (first.done === true) return;
      const batch = [first.value];
      let size = limits.sizeOf(first.value);
      const due = startTimer(limits.delayMs);
      while (batch.length < limits.items && size < limits.size) {
        const next = await Promise.race([ask(), due.passed]);
        if (next === null || next.done === true) break; // what was asked for is the next batch's first, or the end
        asked = null;
        batch.push(next.value);
        size += limits.sizeOf(next.value);
      }
      due.cancel();
      yield batch;
    }
  } finally {
    void iterator.return?.().catch(() => {});
  }
}

const startTimer = (ms: number) => {
  const { promise, resolve } = Promise.withResolvers<null>();
  const handle = setTimeout(() => resolve(null), ms);
  return { passed: promise, cancel: () => clearTimeout(handle) };
};
