import { expect, test } from "bun:test";
import { deriveKey } from "./crypto.ts";
import { Secret } from "./secret.ts";

const appSecret = new Secret("a secret of at least thirty-two characters");

test("keys of two purposes or two platforms differ, those of one do not", () => {
  const key = deriveKey(appSecret, "test");
  expect(key).toHaveLength(32);
  expect(deriveKey(appSecret, "other").equals(key)).toBe(false);
  expect(deriveKey(new Secret("another secret of thirty-two characters"), "test").equals(key)).toBe(false);
  expect(deriveKey(appSecret, "test").equals(key)).toBe(true);
});
