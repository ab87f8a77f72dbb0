import { describe, expect, test } from "bun:test";
import { Secret } from "../secret.ts";
import { printable } from "./printable.ts";

describe("what the audit log keeps of a value", () => {
  const rows: { name: string; value: unknown; kept: unknown }[] = [
    {
      name: "plain values as they are",
      value: { a: 1, b: "x", c: [true, null] },
      kept: { a: 1, b: "x", c: [true, null] },
    },
    { name: "a Secret masked", value: { key: new Secret("s3cret") }, kept: { key: "[secret]" } },
    { name: "a password masked", value: { password: "s3cret" }, kept: { password: "[secret]" } },
    {
      name: "names in any spelling",
      value: { API_KEY: "s", "private-key": "s" },
      kept: { API_KEY: "[secret]", "private-key": "[secret]" },
    },
    {
      name: "names that contain one",
      value: { clientSecret: "s", tokenHash: "s" },
      kept: { clientSecret: "[secret]", tokenHash: "[secret]" },
    },
    { name: "a number that is a secret", value: { value: 1234 }, kept: { value: "[secret]" } },
    { name: "whether there is one", value: { password: null, secret: true }, kept: { password: null, secret: true } },
    {
      name: "what is about a secret",
      value: { tokenId: "t1", passwordChangedAt: "x", token_count: 2 },
      kept: { tokenId: "t1", passwordChangedAt: "x", token_count: 2 },
    },
    {
      name: "the names of variables",
      value: { variables: { URL: "postgres://u:p@h" } },
      kept: { variables: { URL: "[secret]" } },
    },
    {
      name: "everything below a secret",
      value: { env: [{ name: "A", text: "s" }] },
      kept: { env: [{ name: "[secret]", text: "[secret]" }] },
    },
    {
      name: "secrets at any depth",
      value: { a: [{ b: { token: "s" } }] },
      kept: { a: [{ b: { token: "[secret]" } }] },
    },
    { name: "long text cut", value: "x".repeat(2_001), kept: `${"x".repeat(2_000)}… [cut: 2001 characters]` },
    {
      name: "a cut through a pair",
      value: `${"x".repeat(1_999)}😀`,
      kept: `${"x".repeat(1_999)}\ufffd… [cut: 2001 characters]`,
    },
    { name: "NUL, which Postgres refuses", value: "a\0b", kept: "a\ufffdb" },
    { name: "long lists cut", value: Array(201).fill(0), kept: [...Array(200).fill(0), "[cut: 201 items]"] },
    { name: "dates", value: new Date(0), kept: "1970-01-01T00:00:00.000Z" },
    { name: "addresses", value: new URL("http://a.example/"), kept: "http://a.example/" },
    { name: "bytes as their count", value: new Uint8Array(3), kept: "[3 bytes]" },
    { name: "numbers that JSON has not", value: [10n, Number.NaN], kept: ["10", "NaN"] },
    { name: "undefined as not there", value: { a: undefined }, kept: {} },
  ];
  for (const { name, value, kept } of rows) test(name, () => expect(printable(value)).toEqual(kept));

  test("a thing that contains itself, to a depth", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(JSON.stringify(printable(loop))).toContain("[deeper]");
  });

  test("keys in order, so that the same thing reads the same", () => {
    expect(JSON.stringify(printable({ b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });
});
