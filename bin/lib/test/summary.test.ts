import { expect, test } from "bun:test";
import { type Counts, lastLine, notesIn, readSummary } from "./summary.ts";

const cases: { name: string; output: string; counts: Counts | null }[] = [
  {
    name: "passed tests",
    output: " 3 pass\n 0 fail\n 9 expect() calls\nRan 3 tests across 1 file. [3.00ms]\n",
    counts: { passed: 3, failed: 0, skipped: 0 },
  },
  {
    name: "every kind of test",
    output: " 1 pass\n 2 skip\n 3 todo\n 4 fail\n 1 error\n 1 expect() calls\nRan 10 tests across 1 file. [3.00ms]\n",
    counts: { passed: 1, failed: 4, skipped: 5 },
  },
  {
    name: "tests that a pattern left out",
    output: " 1 pass\n 3 filtered out\n 0 fail\nRan 1 test across 1 file. [4.00ms]\n",
    counts: { passed: 1, failed: 0, skipped: 0 },
  },
  {
    name: "numbers that a test printed",
    output: " 9 fail\nsomething else\n 1 pass\n 0 fail\nRan 1 test across 1 file. [4.00ms]\n",
    counts: { passed: 1, failed: 0, skipped: 0 },
  },
  {
    name: "a pattern that matches nothing",
    output: 'error: regex "x" matched 0 tests. Searched 1 file (skipping 4 tests) [3.00ms]\n',
    counts: { passed: 0, failed: 0, skipped: 0 },
  },
  { name: "a crash", output: "bun test v1.4.5\n 1 pass\n", counts: null },
];

for (const { name, output, counts } of cases) {
  test(`the summary is read from ${name}`, () => expect(readSummary(output)).toEqual(counts));
}

test("notes are lines that say so at their beginning", () => {
  expect(notesIn("(pass) a note: b\nnote: 3 routes\n notes\nnote: \n")).toEqual(["3 routes"]);
});

test("the last line has the form that other programs read", () => {
  expect(lastLine({ passed: 12, failed: 0, skipped: 3 })).toBe("12 passed, 0 failed, 3 skipped");
});
