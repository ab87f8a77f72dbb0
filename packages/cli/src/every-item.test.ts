import { expect, test } from "bun:test";
import { everyItem } from "./every-item.ts";

/** A list of the numbers from 0, in pages of what is asked for. */
const numbers = (length: number) => {
  const asked: number[] = [];
  return {
    asked,
    page: async ({ cursor, limit }: { cursor?: string; limit: number }) => {
      asked.push(limit);
      const from = Number(cursor ?? 0);
      const to = Math.min(from + limit, length);
      return { items: Array.from({ length: to - from }, (_, i) => from + i), nextCursor: to < length ? `${to}` : null };
    },
  };
};

test("a list is read page by page to its end", async () => {
  const list = numbers(250);
  expect(await everyItem(list.page)).toEqual(Array.from({ length: 250 }, (_, i) => i));
  expect(list.asked).toEqual([100, 100, 100]);
  expect(await everyItem(numbers(0).page)).toEqual([]);
});

test("no more is asked for than is wanted", async () => {
  const list = numbers(1000);
  expect(await everyItem(list.page, 120)).toHaveLength(120);
  expect(list.asked).toEqual([100, 20]);
});

test("a list without end is cut", async () => {
  expect(await everyItem(numbers(Number.POSITIVE_INFINITY).page)).toHaveLength(10_000);
});
