import { expect, test } from "bun:test";
import { coversAddress } from "./address-range.ts";

const cases: [name: string, ranges: string[], address: string, isIn: boolean][] = [
  ["an address in its range", ["192.0.2.0/24"], "192.0.2.200", true],
  ["an address beside it", ["192.0.2.0/25"], "192.0.2.200", false],
  ["the address itself", ["192.0.2.7"], "192.0.2.7", true],
  ["another address", ["192.0.2.7"], "192.0.2.70", false],
  ["the second of two ranges", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8:1::7", true],
  ["IPv6 written in another way", ["2001:db8::7"], "2001:0db8:0:0::7", true],
  ["IPv4 that comes as IPv6", ["127.0.0.0/8"], "::ffff:127.0.0.1", true],
  ["an IPv4 address and every IPv6 range", ["::/0"], "192.0.2.7", false],
  ["no ranges", [], "192.0.2.7", false],
  ["what is no address", ["0.0.0.0/0"], "local", false],
];
for (const [name, ranges, address, isIn] of cases) {
  test(`${name}: ${isIn ? "in" : "out"}`, () => expect(coversAddress(ranges, address)).toBe(isIn));
}
