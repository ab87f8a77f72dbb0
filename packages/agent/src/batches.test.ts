import { expect, test } from "bun:test";
import { batches } from "./batches.ts";

const limits = { items: 3, size: 100, delayMs: 5_000, sizeOf: (item: string) => item.length };

const all = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};

async function* from<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

test("items are grouped up to the limit and the rest follows at the end", async () => {
  expect(await all(batches(from("a", "b", "c", "d"), limits))).toEqual([["a", "b", "c"], ["d"]]);
});

test("nothing gives no batch", async () => {
  expect(await all(batches(from<string>(), limits))).toEqual([]);
});

test("a batch of one item is possible", async () => {
  expect(await all(batches(from("a", "b"), { ...limits, items: 1 }))).toEqual([["a"], ["b"]]);
});

test("a large item ends its batch", async () => {
  const large = "x".repeat(100);
  expect(await all(batches(from("a", large, "b"), limits))).toEqual([["a", large], ["b"]]);
});

test("an item does not wait for others longer than the delay, and none is lost by that", async () => {
  const gate = Promise.withResolvers<void>();
  async function* slow() {
    yield "a";
    await gate.promise;
    yield "b";
    yield "c";
  }
  const seen: string[][] = [];
  for await (const batch of batches(slow(), { ...limits, delayMs: 1 })) {
    seen.push(batch);
    gate.resolve();
  }
  expect(seen.flat()).toEqual(["a", "b", "c"]);
  expect(seen[0]).toEqual(["a"]);
});

test("a failure of the source arrives after what came before it", async () => {
  async function* failing() {
    yield "a";
    throw new Error("broken");
  }
  const seen: string[][] = [];
  const reading = (async () => {
    for await (const batch of batches(failing(), { ...limits, items: 1 })) seen.push(batch);
  })();
  await expect(reading).rejects.toThrow("broken");
  expect(seen).toEqual([["a"]]);
});

test("no more than one item beyond the batch is asked for while the reader is slow", async () => {
  let asked = 0;
  async function* counted() {
    for (;;) {
      asked += 1;
      yield "x";
    }
  }
  for await (const batch of batches(counted(), limits)) {
    expect(batch).toHaveLength(3);
    break;
  }
  expect(asked).toBeLessThanOrEqual(4);
});
