import { describe, expect, test } from "bun:test";
import { readLine, readLines } from "./line.ts";

const good = { n: 12, at: "2026-11-20T22:14:05.000Z", stream: "stderr", replica: "a41c", text: "hello" };

describe("readLine", () => {
  test("a line is read as it was sent", () => {
    expect(readLine(JSON.stringify(good))).toEqual({ ...good, stream: "stderr" });
  });
  const bad = [
    { name: "no JSON", json: "{" },
    { name: "null", json: "null" },
    { name: "a number that is no line number", json: JSON.stringify({ ...good, n: 1.5 }) },
    { name: "a negative number", json: JSON.stringify({ ...good, n: -1 }) },
    { name: "no text", json: JSON.stringify({ ...good, text: 5 }) },
  ];
  for (const { name, json } of bad) test(`${name} is not a line`, () => expect(readLine(json)).toBeNull());
  test("an endless line is cut", () => {
    expect(readLine(JSON.stringify({ ...good, text: "x".repeat(1_000_000) }))?.text.length).toBeLessThan(10_000);
  });
});

test("a history answer is read up to its limit, and what is no line is left out", () => {
  expect(readLines({ lines: [good, null, { ...good, n: 13 }, { ...good, n: 14 }] }, 3).map((line) => line.n)).toEqual([
    12, 13,
  ]);
  expect(readLines("nonsense", 3)).toEqual([]);
});
