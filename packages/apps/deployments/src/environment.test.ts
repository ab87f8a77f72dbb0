import { expect, test } from "bun:test";
import { environmentOfBranch, matchesBranch } from "./environment.ts";

const rows: { name: string; pattern: string; branch: string; matches: boolean }[] = [
  { name: "the branch itself", pattern: "main", branch: "main", matches: true },
  { name: "another branch", pattern: "main", branch: "maintenance", matches: false },
  { name: "a prefix", pattern: "feature/*", branch: "feature/login", matches: true },
  { name: "a prefix and nothing after it", pattern: "feature/*", branch: "feature/", matches: true },
  { name: "a suffix", pattern: "*-next", branch: "v2-next", matches: true },
  { name: "both ends", pattern: "release-*-lts", branch: "release-3-lts", matches: true },
  { name: "ends that would overlap", pattern: "ab*ba", branch: "aba", matches: false },
  { name: "everything", pattern: "*", branch: "x", matches: true },
  { name: "a dot, which is no pattern", pattern: "v1.0", branch: "v1x0", matches: false },
];
for (const { name, pattern, branch, matches } of rows) {
  test(`${pattern} ${matches ? "takes" : "does not take"} ${name}`, () => {
    expect(matchesBranch(pattern, branch)).toBe(matches);
  });
}

test("a branch goes to the first environment that takes it", () => {
  const environments = [
    { slug: "staging", position: 1, branchPattern: "*" },
    { slug: "production", position: 0, branchPattern: "main" },
    { slug: "nothing", position: 2, branchPattern: null },
  ];
  expect(environmentOfBranch(environments, "main")?.slug).toBe("production");
  expect(environmentOfBranch(environments, "topic")?.slug).toBe("staging");
  expect(environmentOfBranch(environments.slice(1), "topic")).toBeNull();
});
