import { describe, expect, test } from "bun:test";
import { type LineFilter, matcherOf, toLine } from "./line.ts";

const sent = (text: string) => toLine({ at: "2026-05-01T12:00:00Z", stream: "stdout", text });

test("what no store can take is replaced, colours stay", () => {
  expect(sent("a\0b \ud800 \u001b[31mred").text).toBe("a\uFFFDb \uFFFD \u001b[31mred");
});

test("a line of 64 KiB is kept, a longer one is cut at a character and says so", () => {
  const whole = "x".repeat(64 * 1024);
  expect(sent(whole).text).toBe(whole);
  const cut = sent("ä".repeat(40_000)).text;
  expect(cut).toBe(`${"ä".repeat(32 * 1024)} [cut: the line has 80000 bytes]`);
  expect(sent(`x${"🚢".repeat(20_000)}`).text).toStartWith(`x${"🚢".repeat(16_383)} [cut`);
});

describe("a search", () => {
  const at = new Date("2026-05-01T12:00:00Z");
  const line = {
    at,
    stream: "stdout" as const,
    replica: null,
    text: "\u001b[1mServer\u001b[0m listens \u001b]8;;http://x\u0007here",
  };
  const rows: [name: string, filter: Partial<LineFilter>, matches: boolean][] = [
    ["finds text whatever its case", { text: "SERVER" }, true],
    ["finds text across colour codes", { text: "server listens here" }, true],
    ["does not find colour codes", { text: "[1m" }, false],
    ["does not find what is not there", { text: "client" }, false],
    ["takes the first moment of its time", { from: at }, true],
    ["takes the last moment of its time", { to: at }, true],
    ["leaves out what is earlier", { from: new Date(at.getTime() + 1) }, false],
    ["leaves out what is later", { to: new Date(at.getTime() - 1) }, false],
    ["wants text and time", { text: "server", from: new Date(at.getTime() + 1) }, false],
  ];
  for (const [name, filter, matches] of rows) {
    test(name, () => {
      expect(matcherOf({ text: null, from: null, to: null, ...filter })?.(line)).toBe(matches);
    });
  }

  test("for nothing is none", () => {
    expect(matcherOf({ text: null, from: null, to: null })).toBeNull();
  });
});
