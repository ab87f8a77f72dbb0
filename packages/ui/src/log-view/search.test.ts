import { describe, expect, test } from "bun:test";
import type { LogLine } from "./line.ts";
import { findMatches, markSegments, NO_MATCHES } from "./search.ts";

const line = (n: number, text: string): LogLine => ({ n, at: "", stream: "stdout", text });

describe("findMatches", () => {
  const lines = [line(3, "Error one"), line(4, "fine"), line(7, "\u001b[31merr\u001b[0mor two")];

  test("finds lines without regard to case and through colours", () => {
    expect(findMatches(NO_MATCHES, lines, "ERROR").numbers).toEqual([3, 7]);
  });
  test("an empty query matches nothing", () => {
    expect(findMatches(NO_MATCHES, lines, "").numbers).toEqual([]);
  });
  test("lines that came in, before or behind, are added to what is known", () => {
    const before = findMatches(NO_MATCHES, lines, "error");
    const grown = [line(1, "error zero"), ...lines, line(8, "error three")];
    expect(findMatches(before, grown, "error").numbers).toEqual([1, 3, 7, 8]);
  });
  test("lines that left are no longer matches", () => {
    const before = findMatches(NO_MATCHES, lines, "error");
    expect(findMatches(before, lines.slice(1), "error").numbers).toEqual([7]);
  });
  test("another query starts afresh", () => {
    expect(findMatches(findMatches(NO_MATCHES, lines, "error"), lines, "fine").numbers).toEqual([4]);
  });
});

describe("markSegments", () => {
  const segments = [
    { text: "fatal er", className: "a" },
    { text: "ror: ERROR", className: "b" },
  ];
  test("an occurrence over a change of colour is marked on both sides", () => {
    expect(markSegments(segments, "error").map((one) => [one.text, one.className, one.hit])).toEqual([
      ["fatal ", "a", false],
      ["er", "a", true],
      ["ror", "b", true],
      [": ", "b", false],
      ["ERROR", "b", true],
    ]);
  });
  test("nothing is marked without an occurrence", () => {
    expect(markSegments(segments, "none").every((one) => !one.hit)).toBe(true);
  });
});
