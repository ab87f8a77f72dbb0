import { expect, test } from "bun:test";
import { isOpen, packLines, unpackLines } from "./chunk.ts";
import type { Line } from "./line.ts";

const line = (text: string, fields: Partial<Line> = {}): Line => ({
  at: new Date("2026-05-01T12:00:00.123Z"),
  stream: "stdout",
  replica: null,
  text,
  ...fields,
});

test("lines come back as they were, with their numbers", () => {
  const lines = [
    line("plain"),
    line("\u001b[31mred\u001b[0m \t“quoted” \\ 🚢", { stream: "stderr", replica: "r-1" }),
    line("", { at: new Date("2026-05-01T11:59:00Z") }),
  ];
  const [chunk] = packLines(lines, 41);
  expect(chunk).toMatchObject({
    firstLine: 41,
    lineCount: 3,
    firstAt: new Date("2026-05-01T11:59:00Z"),
    lastAt: new Date("2026-05-01T12:00:00.123Z"),
  });
  expect(unpackLines(chunk!)).toEqual(lines.map((each, i) => ({ ...each, n: 41 + i })));
});

test("many lines are several chunks without a gap", () => {
  const lines = Array.from({ length: 5_000 }, (_, i) => line(`${i} ${"x".repeat(90)}`));
  const chunks = packLines(lines, 1);
  let next = 1;
  for (const chunk of chunks) {
    expect(chunk.firstLine).toBe(next);
    expect(chunk.textBytes).toBeLessThanOrEqual(64 * 1024);
    next += chunk.lineCount;
  }
  expect(next).toBe(5_001);
  expect(chunks.flatMap(unpackLines).map(({ text }) => text)).toEqual(lines.map(({ text }) => text));
});

test("empty lines do not make a chunk without end", () => {
  expect(packLines(Array(4_001).fill(line("")), 1).map(({ lineCount }) => lineCount)).toEqual([2_000, 2_000, 1]);
});

test("nothing is no chunk", () => {
  expect(packLines([], 1)).toEqual([]);
});

test("a chunk takes more lines until it is half full or a day old", () => {
  const now = new Date("2026-05-01T12:00:00Z");
  const chunk = { textBytes: 100, lineCount: 10, openedAt: new Date("2026-04-30T12:00:01Z") };
  expect(isOpen(chunk, now)).toBe(true);
  expect(isOpen({ ...chunk, textBytes: 40 * 1024 }, now)).toBe(false);
  expect(isOpen({ ...chunk, lineCount: 1_000 }, now)).toBe(false);
  expect(isOpen({ ...chunk, openedAt: new Date("2026-04-30T12:00:00Z") }, now)).toBe(false);
});
