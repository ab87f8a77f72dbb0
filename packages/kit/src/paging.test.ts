import { expect, test } from "bun:test";
import { cutPage } from "./paging.ts";

const rows: { name: string; rows: string[]; limit: number; items: string[]; next: string | null }[] = [
  { name: "nothing", rows: [], limit: 2, items: [], next: null },
  { name: "less than a page", rows: ["a"], limit: 2, items: ["a"], next: null },
  { name: "exactly a page", rows: ["a", "b"], limit: 2, items: ["a", "b"], next: null },
  { name: "one row too many", rows: ["a", "b", "c"], limit: 2, items: ["a", "b"], next: "b" },
];
for (const { name, rows: found, limit, items, next } of rows) {
  test(`a page of ${name}`, () => {
    expect(cutPage(found, limit, (row) => row)).toEqual({ items, nextCursor: next });
  });
}
