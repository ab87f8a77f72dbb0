import { expect, test } from "bun:test";
import { RootDirectory } from "./root-directory.ts";

const good: [string, string][] = [
  ["", ""],
  [".", ""],
  ["web", "web"],
  ["./web/", "web"],
  ["a//b/./c", "a/b/c"],
  ["..a/b..", "..a/b.."],
];
for (const [text, folder] of good)
  test(`"${text}" is "${folder}"`, () => expect(RootDirectory.parse(text)).toBe(folder));

for (const text of ["/etc", "..", "a/../..", "a/..", "a\\b", "a\u0000b", "x".repeat(501)]) {
  test(`${JSON.stringify(text).slice(0, 30)} is refused`, () =>
    expect(RootDirectory.safeParse(text).success).toBe(false));
}
