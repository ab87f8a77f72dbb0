/** How many tests passed, failed and were skipped. */
export type Counts = { passed: number; failed: number; skipped: number };

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The last line of every run; other programs read it. */
export const lastLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** What tests have to say although they passed: lines that begin with `note: `. */
export const notesIn = (output: string): string[] =>
  output.split("\n").flatMap((line) => /^note: (.{1,500})/.exec(line)?.[1] ?? []);

/**
 * Reads the numbers at the end of what `bun test` printed. Null when they are not there: it crashed, or was ended. Bun's
 * JUnit report is no help, it leaves out files that fail to load.
 */
export const readSummary = (output: string): Counts | null => {
  const lines = output.split("\n");
  const end = lines.findLastIndex((line) => /^Ran \d+ tests? across \d+ files?\./.test(line));
  if (end === -1) return /^error: regex .* matched 0 tests\./m.test(output) ? NONE : null;
  const counts = { ...NONE };
  for (let at = end - 1; at >= 0; at--) {
    const [, count, what] =
      /^ *(\d+) (pass|fail|skip|todo|filtered out|errors?|expect\(\) calls|snapshots.*)$/.exec(lines[at] ?? "") ?? [];
    if (what === undefined) break;
    if (what === "pass") counts.passed += Number(count);
    if (what === "fail") counts.failed += Number(count);
    if (what === "skip" || what === "todo") counts.skipped += Number(count);
  }
  return counts;
};
