import { describe, expect, test } from "bun:test";
import { formatDuration } from "./components/time.tsx";
import { absoluteTime, relativeTime } from "./relative-time.ts";

const now = new Date("2026-11-20T22:14:05Z");

describe("relativeTime", () => {
  const cases = [
    { seconds: -3, words: "just now" },
    { seconds: -42, words: "42 seconds ago" },
    { seconds: -190, words: "3 minutes ago" },
    { seconds: -7_300, words: "2 hours ago" },
    { seconds: -90_000, words: "yesterday" },
    { seconds: -40 * 86_400, words: "last month" },
    { seconds: 3 * 86_400, words: "in 3 days" },
  ];
  for (const { seconds, words } of cases) {
    test(`${seconds} s is "${words}"`, () =>
      expect(relativeTime(new Date(now.getTime() + seconds * 1000), now)).toBe(words));
  }
});

test("absolute times are UTC and say so", () => expect(absoluteTime(now)).toBe("2026-11-20 22:14:05 UTC"));

describe("formatDuration", () => {
  const cases = [
    { ms: 0, words: "0 ms" },
    { ms: 850, words: "850 ms" },
    { ms: 4_240, words: "4.2 s" },
    { ms: 41_200, words: "41 s" },
    { ms: 185_000, words: "3 min 05 s" },
    { ms: 7_800_000, words: "2 h 10 min" },
  ];
  for (const { ms, words } of cases) test(`${ms} ms is "${words}"`, () => expect(formatDuration(ms)).toBe(words));
});
