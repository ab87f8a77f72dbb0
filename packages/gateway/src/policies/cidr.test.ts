import { expect, test } from "bun:test";
import { BlockList } from "node:net";
import { AddressRange } from "@homeport/kit/registry/policy.ts";
import fc from "fast-check";
import { AddressRanges, networkOf } from "./cidr.ts";

test.each([
  { range: "192.0.2.0/24", address: "192.0.2.255", includes: true },
  { range: "192.0.2.0/24", address: "192.0.3.0", includes: false },
  { range: "192.0.2.77/24", address: "192.0.2.1", includes: true },
  { range: "192.0.2.1", address: "192.0.2.1", includes: true },
  { range: "192.0.2.1", address: "192.0.2.2", includes: false },
  { range: "0.0.0.0/0", address: "203.0.113.9", includes: true },
  { range: "10.0.0.0/31", address: "10.0.0.1", includes: true },
  { range: "10.0.0.0/31", address: "10.0.0.2", includes: false },
  { range: "192.0.2.0/24", address: "::ffff:192.0.2.9", includes: true },
  { range: "192.0.2.0/24", address: "::ffff:c000:209", includes: true },
  { range: "::ffff:192.0.2.0/120", address: "192.0.2.9", includes: true },
  { range: "::ffff:192.0.2.0/120", address: "192.0.3.9", includes: false },
  { range: "::ffff:192.0.2.1", address: "192.0.2.1", includes: true },
  { range: "2001:db8::/33", address: "2001:db8:7fff::1", includes: true },
  { range: "2001:db8::/33", address: "2001:db8:8000::1", includes: false },
  { range: "2001:DB8::1", address: "2001:db8:0:0::1", includes: true },
  { range: "::1", address: "::1", includes: true },
  { range: "fe80::/10", address: "fe80::1%eth0", includes: true },
  { range: "::/0", address: "192.0.2.1", includes: false },
  { range: "::ffff:0:0/80", address: "192.0.2.1", includes: false },
  { range: "0.0.0.0/0", address: "2001:db8::1", includes: false },
  { range: "0.0.0.0/0", address: "not an address", includes: false },
  { range: "0.0.0.0/0", address: "192.0.2.1:80", includes: false },
])("$range includes $address: $includes", ({ range, address, includes }) => {
  expect(AddressRanges.parse(["198.51.100.1", range]).includes(address)).toBe(includes);
});

test("an empty list includes nobody", () => {
  expect(AddressRanges.parse([]).includes("127.0.0.1")).toBe(false);
});

test.each([
  "192.0.2.0/33",
  "2001:db8::/129",
  "192.0.2.0/",
  "192.0.2.0/-1",
  "192.0.2.0/2 4",
  "example.org",
  "",
  "192.0.2/24",
])("%p is refused by its name", (entry) => {
  expect(() => AddressRanges.parse([entry])).toThrow(entry);
});

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

test("ranges agree with the block list of the runtime", () => {
  const family = fc.oneof(
    fc.record({ type: fc.constant("ipv4" as const), base: ipv4, other: ipv4, bits: fc.integer({ min: 0, max: 32 }) }),
    fc.record({ type: fc.constant("ipv6" as const), base: ipv6, other: ipv6, bits: fc.integer({ min: 0, max: 128 }) }),
  );
  fc.assert(
    fc.property(family, ({ type, base, other, bits }) => {
      fc.pre(type === "ipv4" || !(isMapped(base) || isMapped(other)));
      const list = new BlockList();
      list.addSubnet(base, bits, type);
      const ranges = AddressRanges.parse([`${base}/${bits}`]);
      expect(ranges.includes(base)).toBe(true);
      expect(ranges.includes(other)).toBe(list.check(other, type));
    }),
    { numRuns: 2_000 },
  );
});

test("what a policy may hold can be parsed", () => {
  const text = fc.oneof(
    ipv4,
    ipv6,
    fc.tuple(ipv4, fc.integer({ min: 0, max: 40 })).map(([address, bits]) => `${address}/${bits}`),
    fc.tuple(ipv6, fc.integer({ min: 0, max: 140 })).map(([address, bits]) => `${address}/${bits}`),
    ipv4.map((address) => `::ffff:${address}`),
    fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./%"), maxLength: 24 }),
  );
  fc.assert(
    fc.property(text, (range) => {
      fc.pre(AddressRange.safeParse(range).success);
      expect(() => AddressRanges.parse([range])).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  { address: "192.0.2.1", network: "192.0.2.1" },
  { address: "::ffff:192.0.2.1", network: "192.0.2.1" },
  { address: "2001:db8:1:2:3:4:5:6", network: "20010db800010002/64" },
  { address: "2001:db8:1:2::", network: "20010db800010002/64" },
  { address: "2001:db8:1:3::", network: "20010db800010003/64" },
])("$address is counted as $network", ({ address, network }) => {
  expect(networkOf(address)).toBe(network);
});

const isMapped = (address: string): boolean => AddressRanges.parse(["0.0.0.0/0"]).includes(address);
