import { expect, test } from "bun:test";
import { parseHost, parseHostPattern } from "./host.ts";

test.each([
  { value: "Shop-Home.LOCALHOST", name: "shop-home.localhost", port: null, isIp: false },
  { value: "a.example.:3000", name: "a.example", port: 3000, isIp: false },
  { value: "my_app.example:", name: "my_app.example", port: null, isIp: false },
  { value: "127.0.0.1:80", name: "127.0.0.1", port: 80, isIp: true },
  { value: "[::1]:8080", name: "::1", port: 8080, isIp: true },
  { value: "xn--bcher-kva.example", name: "xn--bcher-kva.example", port: null, isIp: false },
])("$value is $name", ({ value, ...host }) => {
  expect(parseHost(value)).toEqual(host);
});

test.each([
  "",
  ".",
  "a..b",
  ".a",
  "-a.b",
  "a-.b",
  "a b",
  "a@b",
  "a/b",
  "a\\b",
  "a,b",
  "a?b",
  "a#b",
  "a%2eb",
  "bücher.example",
  "a:b",
  "a:1:2",
  "a:99999",
  "a:-1",
  "a:+1",
  "256.1.1.1",
  "127.1",
  "0x7f000001",
  "2130706433",
  "::1",
  "[::1",
  "[::1]x",
  "[fe80::1%eth0]",
  "[1.2.3.4]",
  `${"a".repeat(64)}.b`,
  `${"a.".repeat(140)}b`,
])("%j is no host", (value) => {
  expect(parseHost(value)).toBeNull();
});

test("a wildcard stands for a first label, nowhere else", () => {
  expect(parseHostPattern("*.Shop.example")).toEqual({ name: "shop.example", isWildcard: true });
  expect(parseHostPattern("shop.example")).toEqual({ name: "shop.example", isWildcard: false });
  for (const value of ["*", "*.", "a.*.b", "**.a", "*a.b", "a:80", "1.2.3.4"])
    expect(parseHostPattern(value)).toBeNull();
});
