import { expect, test } from "bun:test";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { parseAddress } from "../policies/cidr.ts";
import { readPreface } from "./proxy-protocol.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const read = (text: string) => readPreface(Buffer.from(text, "latin1"));
const preface = (address: string | null, length: number) => ({ kind: "preface" as const, address, length });

/** The header of version 2 with these bytes for addresses and extensions. */
function v2(versionAndCommand: number, family: number, rest: readonly number[], length = rest.length): string {
  const bytes = [versionAndCommand, family, length >> 8, length & 0xff, ...rest];
  return SIGNATURE + String.fromCharCode(...bytes);
}

const IPV4 = [192, 0, 2, 1, 203, 0, 113, 9, 0xdc, 0x04, 0x01, 0xbb];
const ports = [0xdc, 0x04, 0x01, 0xbb];
const ipv6 = (...source: number[]): number[] => [...source, ...new Array<number>(16).fill(0), ...ports];

test.each([
  { name: "TCP over IPv4", text: "PROXY TCP4 192.0.2.1 203.0.113.9 56324 443\r\n", address: "192.0.2.1" },
  { name: "TCP over IPv6", text: "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", address: "2001:db8::1" },
  { name: "IPv4 in IPv6", text: "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", address: "192.0.2.1" },
  { name: "ports at their bounds", text: "PROXY TCP4 192.0.2.1 192.0.2.2 0 65535\r\n", address: "192.0.2.1" },
  { name: "the unknown", text: "PROXY UNKNOWN\r\n", address: null },
  { name: "the unknown with more", text: "PROXY UNKNOWN ffff:f::1 x y z\r\n", address: null },
  {
    name: "the longest line",
    text: `PROXY UNKNOWN ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`,
    address: null,
  },
  { name: "version 2 with IPv4", text: v2(0x21, 0x11, IPV4), address: "192.0.2.1" },
  {
    name: "version 2 with IPv6",
    text: v2(0x21, 0x21, ipv6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    address: "2001:db8::1",
  },
  {
    name: "version 2 with IPv4 in IPv6",
    text: v2(0x21, 0x21, ipv6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1)),
    address: "192.0.2.1",
  },
  { name: "version 2 with extensions", text: v2(0x21, 0x11, [...IPV4, 4, 0, 1, 0]), address: "192.0.2.1" },
  { name: "version 2 of the proxy itself", text: v2(0x20, 0, []), address: null },
  { name: "version 2 of the proxy itself, with addresses", text: v2(0x20, 0x11, IPV4), address: null },
  { name: "version 2 with a unix socket", text: v2(0x21, 0x31, new Array<number>(216).fill(1)), address: null },
  { name: "version 2 with UDP", text: v2(0x21, 0x12, IPV4), address: null },
  {
    name: "version 2 with the most it may have",
    text: v2(0x21, 0x11, [...IPV4, ...new Array<number>(4_068).fill(0)]),
    address: "192.0.2.1",
  },
])("reads $name, whatever follows, and waits for every byte of it", ({ text, address }) => {
  expect(read(text)).toEqual(preface(address, text.length));
  expect(read(`${text}GET / HTTP/1.1\r\n`)).toEqual(preface(address, text.length));
  for (let length = 0; length < text.length; length++) {
    expect([length, read(text.slice(0, length)).kind]).toEqual([length, "incomplete"]);
  }
});

test.each([
  { name: "a request", text: "GET / HTTP/1.1\r\n" },
  { name: "a byte of a request", text: "G" },
  { name: "TLS", text: "\x16\x03\x01" },
  { name: "a request that begins alike", text: "PROXYFIND / HTTP/1.1\r\n" },
  { name: "a line without an end", text: `PROXY UNKNOWN ${"x".repeat(93)}` },
  { name: "a line that is too long by one", text: `PROXY UNKNOWN ${"x".repeat(92)}\r\n` },
  { name: "no family", text: "PROXY \r\n" },
  { name: "another family", text: "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n" },
  { name: "a family in lower case", text: "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n" },
  { name: "two spaces", text: "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n" },
  { name: "a line that ends early", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n" },
  { name: "a line with more", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n" },
  { name: "a space at the end", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n" },
  { name: "an IPv6 address as IPv4", text: "PROXY TCP4 ::1 192.0.2.2 1 2\r\n" },
  { name: "an IPv4 address as IPv6", text: "PROXY TCP6 192.0.2.1 ::1 1 2\r\n" },
  { name: "an address with leading zeros", text: "PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n" },
  { name: "a name", text: "PROXY TCP4 localhost 192.0.2.2 1 2\r\n" },
  { name: "a destination that is none", text: "PROXY TCP4 192.0.2.1 x 1 2\r\n" },
  { name: "a port above the last one", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n" },
  { name: "a port with leading zeros", text: "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n" },
  { name: "a port with a sign", text: "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n" },
  { name: "LF within the line", text: "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nX\r\n" },
  { name: "another signature", text: `${SIGNATURE.slice(0, -1)}\r` },
  { name: "version 1 in binary", text: v2(0x11, 0x11, IPV4) },
  { name: "version 3", text: v2(0x31, 0x11, IPV4) },
  { name: "an unknown command", text: v2(0x22, 0x11, IPV4) },
  { name: "IPv4 addresses that are too short", text: v2(0x21, 0x11, IPV4.slice(1)) },
  { name: "IPv6 addresses that are too short", text: v2(0x21, 0x21, IPV4) },
  { name: "more extensions than are waited for", text: v2(0x21, 0x11, [], 4_081) },
])("refuses $name", ({ text }) => {
  expect(read(text)).toEqual({ kind: "invalid" });
});

test("any address of version 2 is read as it was sent", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const address = fc.oneof(
    bytes(4).map((source) => ({ source, family: 0x11 })),
    bytes(16).map((source) => ({ source, family: 0x21 })),
    bytes(6).map((tail) => ({ source: Uint8Array.from([...new Array<number>(10).fill(0), ...tail]), family: 0x21 })),
  );
  fc.assert(
    fc.property(
      address,
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 20 }),
      ({ source, family }, extensions, behind) => {
        const rest = [...source, ...new Array<number>(source.length).fill(7), ...ports, ...extensions];
        const header = Buffer.from(v2(0x21, family, rest), "latin1");
        const found = readPreface(Buffer.concat([header, behind]));
        if (found.kind !== "preface" || found.address === null) throw new Error(`It is ${JSON.stringify(found)}.`);
        expect(found.length).toBe(header.length);
        const isMapped =
          source.length === 16 && source.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255));
        const expected = isMapped ? source.subarray(12) : source;
        expect(parseAddress(found.address)).toEqual(expected);
        expect(expected.length === 4 ? isIPv4(found.address) : isIPv6(found.address)).toBe(true);
      },
    ),
  );
});

test("no bytes are ever taken for a longer preface than they are", () => {
  const start = fc.constantFrom("PROXY ", "PROXY TCP4 ", "PROXY UNKNOWN", SIGNATURE, `${SIGNATURE}\x21\x11\0`, "");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 130 }), (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start, "latin1"), rest]);
      const found = readPreface(bytes);
      if (found.kind === "preface") expect(found.length).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 2_000 },
  );
});
