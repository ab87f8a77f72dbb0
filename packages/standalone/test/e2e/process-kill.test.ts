import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { KILL_POINTS, OTHER_POINTS, type Stage } from "./kill-points.ts";
import { killSuite } from "./kill-suite.ts";
import { ROOT } from "./platform.ts";

killSuite("process", async () => ({}), Object.keys(KILL_POINTS) as Stage[]);

test("every crashpoint in the code is in the matrix, or known to be tested beside it", () => {
  const found = new Set<string>();
  for (const file of new Glob("packages/**/src/**/*.ts").scanSync(ROOT)) {
    if (file.includes("node_modules") || file.endsWith("crashpoint.ts") || file.endsWith(".test.ts")) continue;
    const text = readFileSync(join(ROOT, file), "utf8");
    for (const [, name] of text.matchAll(/crashpoint\("([^"]+)"\)/g)) found.add(name as string);
  }
  const known = new Set<string>([...Object.values(KILL_POINTS).flat(), ...OTHER_POINTS]);
  expect([...found].filter((name) => !known.has(name))).toEqual([]);
});
