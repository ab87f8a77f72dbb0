import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { DomainError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { createKeyring, type DataKey, type SealedAt } from "./keyring.ts";

const keyOf = (id: number, activeAt = 0): DataKey => ({ id, key: randomBytes(32), activeAt });
const only = keyOf(7);
const keyring = createKeyring(() => [only]);
const at: SealedAt = { table: "shop.orders", row: "1", field: "card", organisationId: "home" };
const sealed = keyring.seal(at, "4111 1111");

test("what was sealed opens at its place, as a secret", () => {
  expect(keyring.open(at, sealed).reveal()).toBe("4111 1111");
  expect(keyring.open(at, keyring.seal(at, new Secret("ä€😀"))).reveal()).toBe("ä€😀");
  expect(keyring.open(at, keyring.seal(at, "")).reveal()).toBe("");
  expect(
    keyring.open({ ...at, organisationId: null }, keyring.seal({ ...at, organisationId: null }, "x")).reveal(),
  ).toBe("x");
});

test("the same value is never the same bytes twice, and its bytes do not contain it", () => {
  expect(keyring.seal(at, "4111 1111").equals(sealed)).toBe(false);
  expect(sealed.toString("latin1")).not.toContain("4111");
});

test("what is sealed is sealed with the first key, too, while the database's clock is behind its beginning", () => {
  const soon = performance.now() + 3_600_000;
  const behind = createKeyring(() => [keyOf(3, soon), keyOf(4, soon + 1)]);
  expect(behind.keyIdOf(behind.seal(at, "x"))).toBe(3);
});

test("sealed bytes say which key they need", () => {
  expect(keyring.keyIdOf(sealed)).toBe(7);
  const large = createKeyring(() => [keyOf(0x7fff_ffff)]);
  expect(large.keyIdOf(large.seal(at, "x"))).toBe(0x7fff_ffff);
  expect(() => keyring.keyIdOf(Buffer.from("anything that is longer than the header and the rest"))).toThrow(
    DomainError,
  );
});

test("values are sealed with the newest key whose time has come, and open with any", () => {
  const keys = [keyOf(1), keyOf(2), keyOf(3, performance.now() + 60_000)];
  const writer = createKeyring(() => keys);
  expect([writer.activeId, writer.keyIdOf(writer.seal(at, "x"))]).toEqual([2, 2]);
  const ahead = createKeyring(() => keys.map((key) => ({ ...key, activeAt: 0 })));
  expect(writer.open(at, ahead.seal(at, "of the next key")).reveal()).toBe("of the next key");
  const old = createKeyring(() => keys.slice(0, 1));
  expect(writer.open(at, old.seal(at, "of the first key")).reveal()).toBe("of the first key");
});

test("a value of a key that is not there is told of, because there may be a new one", () => {
  let told = 0;
  const other = createKeyring(
    () => [keyOf(1)],
    () => {
      told += 1;
    },
  );
  expect(() => other.open(at, sealed)).toThrow(/key 7, which is not there/);
  expect(told).toBe(1);
});

describe("it does not open", () => {
  const flipped = (i: number) => Buffer.from(sealed.map((byte, j) => (i === j ? byte ^ 1 : byte)));
  const rows: { name: string; opens: () => unknown }[] = [
    { name: "in another row", opens: () => keyring.open({ ...at, row: "2" }, sealed) },
    { name: "in another field", opens: () => keyring.open({ ...at, field: "note" }, sealed) },
    { name: "in another table", opens: () => keyring.open({ ...at, table: "shop.x" }, sealed) },
    { name: "for another organisation", opens: () => keyring.open({ ...at, organisationId: "away" }, sealed) },
    { name: "for the platform itself", opens: () => keyring.open({ ...at, organisationId: null }, sealed) },
    {
      name: "where row and field only look the same when joined",
      opens: () => keyring.open({ ...at, table: "shop", row: "orders/1" }, sealed),
    },
    { name: "with another key of the same number", opens: () => createKeyring(() => [keyOf(7)]).open(at, sealed) },
    { name: "in another format", opens: () => keyring.open(at, flipped(0)) },
    { name: "with another key's number", opens: () => createKeyring(() => [only, keyOf(6)]).open(at, flipped(4)) },
    { name: "with an altered nonce", opens: () => keyring.open(at, flipped(5)) },
    { name: "with an altered tag", opens: () => keyring.open(at, flipped(20)) },
    { name: "with altered text", opens: () => keyring.open(at, flipped(sealed.length - 1)) },
    { name: "cut short", opens: () => keyring.open(at, sealed.subarray(0, 20)) },
    { name: "when there is nothing", opens: () => keyring.open(at, new Uint8Array()) },
  ];
  for (const { name, opens } of rows) {
    test(name, () => {
      expect(opens).toThrow(DomainError);
      expect(opens).not.toThrow(/4111/);
    });
  }
});
