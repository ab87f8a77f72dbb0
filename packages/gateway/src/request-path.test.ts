import { expect, test } from "bun:test";
import { readPath } from "./request-path.ts";

test.each([
  { name: "a path without its query", target: "/a/b?c=/internal", path: "/a/b" },
  { name: "an encoded letter is that letter", target: "/%61pi/v1", path: "/api/v1" },
  { name: "an encoded slash stays in its segment", target: "/@scope%2fname", path: "/@scope%2fname" },
  { name: "a broken escape stays", target: "/100%/x", path: "/100%/x" },
  { name: "a word that begins like a private one", target: "/internals", path: "/internals" },
  { name: "a private word further down", target: "/api/internal/metrics", path: "/api/internal/metrics" },
  { name: "dots in names", target: "/.well-known/a..b/...", path: "/.well-known/a..b/..." },
])("$name", ({ target, path }) => {
  expect(readPath(target)).toEqual({ kind: "plain", path });
});

test.each([
  "/..",
  "/a/../b",
  "/a/./b",
  "/a/%2e%2e/b",
  "/a/.%2E",
  "/a\\..\\b",
  "/a%2f..%2fb",
  "/a%5c..%5cb",
  "/%ff%2f%2e%2e%2finternal",
])("%s has dot segments", (target) => {
  expect(readPath(target)).toEqual({ kind: "dots" });
});

test.each([
  "/internal",
  "/internal/x",
  "//internal/x",
  "/%69nternal",
  "/internal%2fx",
  "/\\internal",
  "/Metrics",
  "/readyz/",
])("%s is private", (target) => {
  expect(readPath(target)).toEqual({ kind: "private" });
});
