import { expect, test } from "bun:test";
import { GitRef, isCommit, mayBeShortCommit } from "./git-ref.ts";

for (const text of ["main", "feature/login", "v1.2.3", "a".repeat(40), "refs/heads/x", "ünïcode", "x-y_z", "HEAD"]) {
  test(`${text} may be a ref`, () => expect(GitRef.safeParse(text).success).toBe(true));
}

const bad = [
  "",
  "-x",
  "--upload-pack=id",
  "a..b",
  "a b",
  "a\nb",
  "a~1",
  "a^",
  "a:b",
  "a?",
  "a*",
  "[a]",
  "a\\b",
  "a@{1}",
];
for (const text of [
  ...bad,
  "@",
  "a//b",
  "/a",
  "a/",
  ".a",
  "a/.b",
  "a.lock",
  "a.lock/b",
  "a.",
  "a\u0000",
  "x".repeat(256),
]) {
  test(`${JSON.stringify(text).slice(0, 40)} may not`, () => expect(GitRef.safeParse(text).success).toBe(false));
}

test("commits are told from names", () => {
  expect(isCommit(GitRef.parse("a".repeat(40)))).toBe(true);
  expect(isCommit(GitRef.parse("a".repeat(39)))).toBe(false);
  expect(mayBeShortCommit(GitRef.parse("abcdef0"))).toBe(true);
  expect(mayBeShortCommit(GitRef.parse("main"))).toBe(false);
});
