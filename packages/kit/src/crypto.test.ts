import { describe, expect, test } from "bun:test";
import { deriveKey, open, type SealedAt, seal } from "./crypto.ts";
import { DomainError } from "./errors.ts";
import { Secret } from "./secret.ts";

const appSecret = new Secret("a secret of at least thirty-two characters");
const key = deriveKey(appSecret, "test");
const at: SealedAt = { table: "shop.orders", row: "1", field: "card" };
const sealed = seal(key, at, "4111 1111");

test("what was sealed opens at its place, as a secret", () => {
  expect(open(key, at, sealed).reveal()).toBe("4111 1111");
  expect(open(key, at, seal(key, at, new Secret("ä€😀"))).reveal()).toBe("ä€😀");
  expect(open(key, at, seal(key, at, "")).reveal()).toBe("");
});

test("the same value is never the same bytes twice, and its bytes do not contain it", () => {
  expect(seal(key, at, "4111 1111").equals(sealed)).toBe(false);
  expect(sealed.toString("latin1")).not.toContain("4111");
});

test("keys of two purposes or two platforms differ", () => {
  expect(deriveKey(appSecret, "other").equals(key)).toBe(false);
  expect(deriveKey(new Secret("another secret of thirty-two characters"), "test").equals(key)).toBe(false);
  expect(deriveKey(appSecret, "test").equals(key)).toBe(true);
});

describe("it does not open", () => {
  const flipped = (i: number) => Buffer.from(sealed.map((byte, j) => (i === j ? byte ^ 1 : byte)));
  const rows: { name: string; opens: () => unknown }[] = [
    { name: "in another row", opens: () => open(key, { ...at, row: "2" }, sealed) },
    { name: "in another field", opens: () => open(key, { ...at, field: "note" }, sealed) },
    { name: "in another table", opens: () => open(key, { ...at, table: "shop.x" }, sealed) },
    {
      name: "where row and field only look the same when joined",
      opens: () => open(key, { table: "shop", row: "orders/1", field: "card" }, sealed),
    },
    { name: "with another key", opens: () => open(deriveKey(appSecret, "other"), at, sealed) },
    { name: "in another format", opens: () => open(key, at, flipped(0)) },
    { name: "with an altered nonce", opens: () => open(key, at, flipped(1)) },
    { name: "with an altered tag", opens: () => open(key, at, flipped(20)) },
    { name: "with altered text", opens: () => open(key, at, flipped(sealed.length - 1)) },
    { name: "cut short", opens: () => open(key, at, sealed.subarray(0, 20)) },
    { name: "when there is nothing", opens: () => open(key, at, new Uint8Array()) },
  ];
  for (const { name, opens } of rows) {
    test(name, () => {
      expect(opens).toThrow(DomainError);
      expect(opens).not.toThrow(/4111/);
    });
  }
});
