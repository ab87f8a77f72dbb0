import { expect, test } from "bun:test";
import { isIP } from "node:net";
import fc from "fast-check";
import { RequestHead } from "../http1/request-head.ts";
import { AddressRanges } from "../policies/cidr.ts";
import { type ClientFacts, forwardedLines, readForwarded, withoutMapping } from "./forwarded.ts";

const PEER: ClientFacts = { address: "10.0.0.1", scheme: "http", authority: "shop.example" };
const trusted = AddressRanges.parse(["10.0.0.0/8", "fd00::/8"]);

/** What a trusted proxy makes of these lines. */
function read(lines: readonly string[], peer = PEER): ClientFacts {
  const head = new RequestHead();
  const text = ["GET / HTTP/1.1", "Host: shop.example", ...lines, "", ""].join("\r\n");
  expect(head.read(Buffer.from(text, "latin1"), 0, text.length)).toBe(text.length);
  return readForwarded(head, peer, (address) => trusted.includes(address));
}

test.each([
  { name: "the peer, when nothing is said", hops: [], address: "10.0.0.1" },
  { name: "the only address", hops: ["192.0.2.1"], address: "192.0.2.1" },
  {
    name: "the right-most one, whatever the client wrote before it",
    hops: ["127.0.0.1, 192.0.2.9, 192.0.2.1"],
    address: "192.0.2.1",
  },
  { name: "the one before trusted proxies", hops: ["192.0.2.9, 192.0.2.1, 10.1.1.1,fd00::2"], address: "192.0.2.1" },
  { name: "the left-most one, when all are trusted", hops: ["10.3.3.3, 10.2.2.2"], address: "10.3.3.3" },
  { name: "the last line's, when there are several", hops: ["192.0.2.9", "192.0.2.1, 10.2.2.2"], address: "192.0.2.1" },
  { name: "the peer, behind garbage", hops: ["192.0.2.1, garbage"], address: "10.0.0.1" },
  { name: "the proxy that was told garbage", hops: ["192.0.2.1, unknown, 10.2.2.2"], address: "10.2.2.2" },
  { name: "the peer, behind an empty hop", hops: ["192.0.2.1,"], address: "10.0.0.1" },
  { name: "the peer, for an empty field", hops: [""], address: "10.0.0.1" },
  { name: "an address with a port", hops: ["192.0.2.1:4711"], address: "192.0.2.1" },
  { name: "an IPv6 address", hops: ["2001:db8::1"], address: "2001:db8::1" },
  { name: "an IPv6 address in brackets", hops: ["[2001:db8::1]"], address: "2001:db8::1" },
  { name: "an IPv6 address with a port", hops: ["[2001:db8::1]:4711"], address: "2001:db8::1" },
  { name: "an IPv4 address in IPv6", hops: ["::ffff:192.0.2.1"], address: "192.0.2.1" },
  { name: "the peer, for a name", hops: ["localhost"], address: "10.0.0.1" },
  { name: "the peer, for a number", hops: ["2130706433"], address: "10.0.0.1" },
  { name: "the peer, for leading zeros", hops: ["192.0.02.1"], address: "10.0.0.1" },
  { name: "the peer, for brackets without an end", hops: ["[2001:db8::1"], address: "10.0.0.1" },
  { name: "the peer, for two addresses in one hop", hops: ["192.0.2.1 192.0.2.2"], address: "10.0.0.1" },
  { name: "the peer, for a quoted address", hops: ['"192.0.2.1"'], address: "10.0.0.1" },
])("the client is $name", ({ hops, address }) => {
  expect(read(hops.map((hop) => `X-Forwarded-For: ${hop}`))).toEqual({ ...PEER, address });
});

test("no more than the last 32 hops are looked at", () => {
  const hops = [...new Array<string>(5).fill("192.0.2.1"), "10.9.9.9", ...new Array<string>(31).fill("10.2.2.2")];
  expect(read([`X-Forwarded-For: ${hops.join(",")}`]).address).toBe("10.9.9.9");
});

test.each([
  { name: "https", lines: ["X-Forwarded-Proto: https"], facts: { scheme: "https" } },
  { name: "a scheme in upper case", lines: ["X-Forwarded-Proto: HTTPS"], facts: { scheme: "https" } },
  {
    name: "the last scheme of several",
    lines: ["X-Forwarded-Proto: http, https", "X-Forwarded-Proto: https ,\thttp"],
    facts: {},
  },
  { name: "no other scheme", lines: ["X-Forwarded-Proto: ws"], facts: {} },
  { name: "no empty scheme", lines: ["X-Forwarded-Proto: https,"], facts: {} },
  { name: "a host", lines: ["X-Forwarded-Host: Other.Example:8443"], facts: { authority: "other.example:8443" } },
  { name: "a host of IPv6", lines: ["X-Forwarded-Host: [2001:DB8::1]:80"], facts: { authority: "[2001:db8::1]:80" } },
  {
    name: "the last host of several",
    lines: ["X-Forwarded-Host: a.example, b.example"],
    facts: { authority: "b.example" },
  },
  { name: "no host with a path", lines: ["X-Forwarded-Host: evil.test/x"], facts: {} },
  { name: "no host with a name before it", lines: ["X-Forwarded-Host: a@evil.test"], facts: {} },
  { name: "no host with a quote", lines: ['X-Forwarded-Host: evil.test"'], facts: {} },
  { name: "no empty host", lines: ["X-Forwarded-Host:"], facts: {} },
  {
    name: "nothing that is spelled otherwise",
    lines: ["X_Forwarded_For: 192.0.2.1", "X_Forwarded_Proto: https", "X-Forwarded_Host: evil.test"],
    facts: {},
  },
])("a proxy is believed about $name", ({ lines, facts }) => {
  expect(read(lines)).toEqual({ ...PEER, ...(facts as Partial<ClientFacts>) });
});

test("a client cannot have the proxy's lines taken away by naming them in Connection", () => {
  const named = "Connection: close, X-Forwarded-For, x-forwarded-proto, X-FORWARDED-HOST";
  const said = ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: other.example"];
  expect(read([named, ...said])).toEqual({ address: "192.0.2.1", scheme: "https", authority: "other.example" });
});

test("whatever a chain holds, the client is an address, and only trusted ones were passed over", () => {
  const hop = fc.oneof(
    { weight: 3, arbitrary: fc.ipV4() },
    { weight: 3, arbitrary: fc.constantFrom("10.1.1.1", "10.2.2.2", "fd00::1", "[fd00::2]:80") },
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:[]%" -_x'), maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(hop, { minLength: 1, maxLength: 6 }), (hops) => {
      const { address } = read([`X-Forwarded-For: ${hops.join(",")}`]);
      expect(isIP(address)).not.toBe(0);
      const plain = (text: string) =>
        withoutMapping(
          text
            .trim()
            .replace(/^\[(.*)\](:\d+)?$/, "$1")
            .replace(/^([\d.]+):\d+$/, "$1"),
        );
      const chain = [PEER.address, ...hops.map(plain).toReversed()];
      const at = chain.indexOf(address);
      expect(at).not.toBe(-1);
      expect(chain.slice(0, at).every((before) => trusted.includes(before))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  { name: "IPv4", facts: PEER, node: "10.0.0.1" },
  {
    name: "IPv6",
    facts: { address: "2001:db8::1", scheme: "https", authority: "[::1]:80" } as const,
    node: '"[2001:db8::1]"',
  },
])("an upstream is told one address, one scheme and one host: $name", ({ facts, node }) => {
  expect(forwardedLines(facts).toString("latin1")).toBe(
    `X-Forwarded-For: ${facts.address}\r\nX-Forwarded-Proto: ${facts.scheme}\r\nX-Forwarded-Host: ${facts.authority}\r\n` +
      `Forwarded: for=${node};host="${facts.authority}";proto=${facts.scheme}\r\nX-Request-Id: `,
  );
});
