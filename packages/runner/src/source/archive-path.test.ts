import { expect, test } from "bun:test";
import { linkStaysInside, toArchivePath } from "./archive-path.ts";

const good: [string, string][] = [
  ["a", "a"],
  ["./a//b/", "a/b"],
  [".", ""],
  ["./", ""],
  ["..a/b..", "..a/b.."],
  ["a\\b", "a\\b"],
];
for (const [name, path] of good) test(`"${name}" is "${path}"`, () => expect(toArchivePath(name)).toEqual({ path }));

for (const name of ["/etc/passwd", "../a", "a/../../b", "a/..", "a\0b", "c:\\x", "x".repeat(300), "x/".repeat(2000)]) {
  test(`${JSON.stringify(name).slice(0, 30)} is refused`, () => expect(toArchivePath(name)).toHaveProperty("refused"));
}

const links: [string, string, boolean][] = [
  ["a", "b", true],
  ["a", "./b/c", true],
  ["d/a", "../b", true],
  ["d/e/a", "../../b", true],
  ["a", "../b", false],
  ["d/a", "../../b", false],
  ["a", "/etc/passwd", false],
  ["a", "", false],
  ["a", "b/../../c", false],
  ["a", "b/..", false],
  ["d/a", "..", true],
  ["a", "..", false],
];
for (const [path, target, inside] of links) {
  test(`${path} -> ${target} ${inside ? "stays" : "leaves"}`, () => expect(linkStaysInside(path, target)).toBe(inside));
}
