import { expect, test } from "bun:test";
import { LineSplitter, MAX_LINE_CHARS } from "./line-splitter.ts";

const split = (...chunks: (string | Uint8Array)[]): string[] => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  splitter.end();
  return lines;
};

const euro = new TextEncoder().encode("€");

const cases: { name: string; chunks: (string | Uint8Array)[]; lines: string[] }[] = [
  { name: "lines across chunks", chunks: ["a\nb", "c\n"], lines: ["a", "bc"] },
  { name: "a last line without newline", chunks: ["a\nb"], lines: ["a", "b"] },
  { name: "nothing at all", chunks: [""], lines: [] },
  { name: "empty lines are lines", chunks: ["a\n\nb\n"], lines: ["a", "", "b"] },
  { name: "Windows line ends", chunks: ["a\r\nb\r\n"], lines: ["a", "b"] },
  { name: "of a progress bar its last state", chunks: ["10%\r", "50%\r", "100%\ndone\n"], lines: ["100%", "done"] },
  { name: "a character cut in two", chunks: [euro.slice(0, 1), euro.slice(1), "\n"], lines: ["€"] },
  {
    name: "a line that is too long is cut",
    chunks: ["x".repeat(MAX_LINE_CHARS + 10), "y\nz\n"],
    lines: ["x".repeat(MAX_LINE_CHARS), "z"],
  },
];

for (const { name, chunks, lines } of cases) test(name, () => expect(split(...chunks)).toEqual(lines));

test("a line that never ends does not grow", () => {
  let longest = 0;
  const splitter = new LineSplitter((line) => {
    longest = Math.max(longest, line.length);
  });
  for (let i = 0; i < 1000; i++) splitter.push(new Uint8Array(16 * 1024).fill(0x61));
  splitter.end();
  expect(longest).toBe(MAX_LINE_CHARS);
});
