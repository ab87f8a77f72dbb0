import { describe, expect, test } from "bun:test";
import { isWatched } from "./watch-paths.ts";

const rows: { name: string; patterns: string[]; paths: string[] | null; watched: boolean }[] = [
  { name: "without patterns everything is watched", patterns: [], paths: ["a"], watched: true },
  { name: "what is not known may be anything", patterns: ["a/**"], paths: null, watched: true },
  { name: "a push without files touches nothing", patterns: ["a/**"], paths: [], watched: false },
  { name: "a file by its name", patterns: ["go.mod"], paths: ["go.mod"], watched: true },
  { name: "no file of that name elsewhere", patterns: ["go.mod"], paths: ["tools/go.mod"], watched: false },
  { name: "a folder stands for all in it", patterns: ["apps/web/"], paths: ["apps/web/src/a.ts"], watched: true },
  { name: "no folder whose name only begins so", patterns: ["apps/web"], paths: ["apps/website/a.ts"], watched: false },
  { name: "* stays within a folder", patterns: ["src/*.ts"], paths: ["src/deep/a.ts"], watched: false },
  { name: "* stands for nothing, too", patterns: ["src/*.ts"], paths: ["src/.ts"], watched: true },
  { name: "several * in one name", patterns: ["a*b*c"], paths: ["aXbYbZc"], watched: true },
  { name: "** goes over folders", patterns: ["src/**/*.ts"], paths: ["src/a/b/c.ts"], watched: true },
  { name: "** stands for no folder, too", patterns: ["src/**/*.ts"], paths: ["src/c.ts"], watched: true },
  { name: "** at the end is what is in the folder", patterns: ["src/**"], paths: ["src"], watched: false },
  { name: "** first", patterns: ["**/test/*.ts"], paths: ["a/test/b/test/c.ts"], watched: true },
  { name: "! takes out", patterns: ["src/**", "!src/docs/**"], paths: ["src/docs/a.md"], watched: false },
  {
    name: "one file that stays in is enough",
    patterns: ["src/**", "!**/*.md"],
    paths: ["src/a.md", "src/a.ts"],
    watched: true,
  },
  {
    name: "the last that fits decides",
    patterns: ["src/**", "!src/docs/**", "src/docs/api.md"],
    paths: ["src/docs/api.md"],
    watched: true,
  },
  { name: "only !: everything else", patterns: ["!docs/**"], paths: ["src/a.ts"], watched: true },
  { name: "only !: not those", patterns: ["!docs/**"], paths: ["docs/a.md"], watched: false },
  { name: "letters are letters", patterns: ["a.c"], paths: ["abc"], watched: false },
  { name: "a slash first is the root", patterns: ["/src/a.ts"], paths: ["src/a.ts"], watched: true },
];

describe("watch paths", () => {
  for (const { name, patterns, paths, watched } of rows) {
    test(name, () => expect(isWatched(patterns, paths)).toBe(watched));
  }

  test("a pattern made to be slow is not", () => {
    const path = `${"a/".repeat(1000)}${"a".repeat(200)}b`;
    const started = performance.now();
    expect(isWatched([`${"**/a/".repeat(50)}${"a*".repeat(40)}c`], Array(50).fill(path))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
