import { describe, expect, test } from "bun:test";
import { parseAnsi, plainText } from "./ansi.ts";

const E = "\u001b";

const cases = [
  { name: "a plain line", line: "hello", looks: [["hello", ""]] },
  {
    name: "a colour",
    line: `${E}[31mred${E}[0m rest`,
    looks: [
      ["red", "text-ansi-1"],
      [" rest", ""],
    ],
  },
  { name: "a bright colour", line: `${E}[92mok`, looks: [["ok", "text-ansi-10"]] },
  { name: "bold and a colour", line: `${E}[1;33mwarn`, looks: [["warn", "text-ansi-3 font-bold"]] },
  { name: "dim", line: `${E}[2mold`, looks: [["old", "text-term-faint"]] },
  {
    name: "a ground, which brings its own ink",
    line: `${E}[31;42mbad pair`,
    looks: [["bad pair", "bg-ansi-2 text-term"]],
  },
  { name: "reverse", line: `${E}[7mback`, looks: [["back", "bg-ansi-7 text-term"]] },
  {
    name: "a palette colour, as the nearest of the sixteen",
    line: `${E}[38;5;196mred`,
    looks: [["red", "text-ansi-9"]],
  },
  { name: "a grey of the palette", line: `${E}[38;5;244mgrey`, looks: [["grey", "text-ansi-8"]] },
  { name: "a true colour", line: `${E}[38;2;250;250;5myellow`, looks: [["yellow", "text-ansi-11"]] },
  { name: "cursor movements, left out", line: `a${E}[2Kb${E}[1;1Hc`, looks: [["abc", ""]] },
  {
    name: "a window title and a link, left out",
    line: `${E}]0;title\u0007x${E}]8;;http://e${E}\\y`,
    looks: [["xy", ""]],
  },
  { name: "a progress bar, of which the last state stays", line: "10%\r50%\r100%\r", looks: [["100%", ""]] },
  { name: "control characters, left out", line: "a\u0000b\u0007c\u007fd", looks: [["abcd", ""]] },
  { name: "an unfinished escape", line: `end${E}[3`, looks: [["end", ""]] },
  { name: "markup, which stays text", line: "<b>&amp;", looks: [["<b>&amp;", ""]] },
] as const;

describe("parseAnsi", () => {
  for (const { name, line, looks } of cases) {
    test(name, () => {
      const segments = parseAnsi(line);
      expect(segments.map((one) => [one.text, one.className])).toEqual(looks.map((look) => [...look]));
      for (const { text, className } of segments) {
        expect(text).not.toContain(E);
        expect(className).toMatch(
          /^((text-ansi-\d+|bg-ansi-\d+|text-term|text-term-faint|font-bold|italic|underline|line-through)( |$))*$/,
        );
      }
    });
  }
});

test("what is searched is what is shown", () => {
  for (const { line } of cases) {
    expect(plainText(line)).toBe(
      parseAnsi(line)
        .map((one) => one.text)
        .join(""),
    );
  }
});
