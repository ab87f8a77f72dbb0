import { expect, test } from "bun:test";
import fc from "fast-check";
import { chunkedParts, chunkedText, damaged, damagedAt } from "../../test/fuzz/arbitraries.ts";
import { checkChunked } from "../../test/fuzz/invariants.ts";
import { BodyScanner, BROKEN, CONTINUES } from "./body-scanner.ts";
import { CHUNKED, LENGTH, NO_BODY, UNTIL_CLOSE } from "./framing.ts";

/** Scans a chunked body that arrives in parts; `end` counts from the beginning of the first. */
function scan(parts: readonly string[], scanner = new BodyScanner()): { end: number; data: string } {
  let data = "";
  const sink = {
    data: (bytes: Buffer, from: number, to: number) => {
      data += bytes.toString("latin1", from, to);
    },
  };
  scanner.begin(CHUNKED, 0, sink);
  let before = 0;
  for (const part of parts) {
    const result = scanner.scan(Buffer.from(part, "latin1"), 0, part.length);
    if (result >= 0) return { end: before + result, data };
    if (result !== CONTINUES) return { end: result, data };
    before += part.length;
  }
  return { end: CONTINUES, data };
}

const chunk = (body: string): string => `3\r\nabc\r\n${body}`;
const trailers = (...lines: string[]): string => `0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

test.each([
  { name: "no data", body: "0\r\n\r\n", data: "" },
  { name: "a chunk", body: "5\r\nhello\r\n0\r\n\r\n", data: "hello" },
  {
    name: "sizes in both cases",
    body: `a\r\n${"x".repeat(10)}\r\nB\r\n${"y".repeat(11)}\r\n0\r\n\r\n`,
    data: "xxxxxxxxxxyyyyyyyyyyy",
  },
  { name: "leading zeros", body: "0003\r\nabc\r\n0000\r\n\r\n", data: "abc" },
  { name: "data that looks like framing", body: "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", data: "0\r\n\r\n\r\n" },
  { name: "extensions", body: '3;a=b;c="\xe9"\r\nabc\r\n0;last\r\n\r\n', data: "abc" },
  { name: "an empty extension", body: "3;\r\nabc\r\n0;\r\n\r\n", data: "abc" },
  {
    name: "extensions of 256 bytes each",
    body: `3;${"a".repeat(256)}\r\nabc\r\n0;${"b".repeat(256)}\r\n\r\n`,
    data: "abc",
  },
  { name: "trailers", body: chunk(trailers("X-Checksum: 1", "X-Empty:", "x:\t\xff ")), data: "abc" },
  { name: "8 KiB of trailers", body: trailers(`X-A: ${"a".repeat(8 * 1024 - 5)}`), data: "" },
  { name: "a trailer name of 64 bytes", body: trailers(`${"n".repeat(64)}: 1`), data: "" },
])("reads $name", ({ body, data }) => {
  expect(scan([body])).toEqual({ end: body.length, data });
  expect(scan(body.split(""))).toEqual({ end: body.length, data });
});

test.each([
  { name: "no size", body: "\r\nabc" },
  { name: "an extension without a size", body: ";a\r\n" },
  { name: "a sign", body: "+3\r\nabc" },
  { name: "0x", body: "0x3\r\nabc" },
  { name: "a blank before the size", body: " 3\r\nabc" },
  { name: "a blank behind the size", body: "3 \r\nabc" },
  { name: "a blank before an extension", body: "3 ;a\r\nabc" },
  { name: "a size of 14 digits", body: "00000000000003\r\nabc" },
  { name: "a raw byte for a digit", body: "\xb3\r\nabc" },
  { name: "a size that ends with LF", body: "3\nabc" },
  { name: "a size that ends with CR", body: "3\rabc" },
  { name: "a chunk that is longer than its size", body: "3\r\nabcd\r\n" },
  { name: "a chunk that is shorter than its size", body: "3\r\nab\r\n0\r\n\r\n" },
  { name: "a chunk that ends with LF", body: "3\r\nabc\n0\r\n\r\n" },
  { name: "a chunk that ends with CR", body: "3\r\nabc\r0\r\n\r\n" },
  { name: "an extension with LF", body: "3;a\nb\r\n" },
  { name: "an extension with CR", body: "3;a\rb\r\n" },
  { name: "an extension with NUL", body: "3;\0\r\n" },
  { name: "an extension of 257 bytes", body: `3;${"a".repeat(257)}\r\n` },
  { name: "an extension of 257 bytes behind the last chunk", body: `0;${"a".repeat(257)}\r\n` },
  { name: "a body that ends with LF", body: "0\r\n\n" },
  { name: "a body that ends with CR and more", body: "0\r\n\rX" },
  { name: "a trailer without a colon", body: trailers("garbage") },
  { name: "a trailer without a name", body: trailers(": 1") },
  { name: "a blank before the colon of a trailer", body: trailers("X-A : 1") },
  { name: "a folded trailer", body: trailers("X-A: 1", " 2") },
  { name: "a trailer with LF", body: trailers("X-A: 1\nX-B: 2") },
  { name: "a trailer with CR", body: trailers("X-A: 1\rX-B: 2") },
  { name: "a trailer with NUL", body: trailers("X-A: \0") },
  { name: "a trailer name of 65 bytes", body: trailers(`${"n".repeat(65)}: 1`) },
  { name: "more than 8 KiB of trailers", body: trailers(`X-A: ${"a".repeat(8 * 1024 - 4)}`) },
  {
    name: "more than 8 KiB of names of trailers",
    body: trailers(...new Array<string>(200).fill(`${"n".repeat(40)}:`)),
  },
  { name: "a length in a trailer", body: trailers("X-A: 1", "Content-Length: 3") },
  { name: "a coding in a trailer, spelled otherwise", body: trailers("transfer_encoding: chunked") },
  { name: "an address in a trailer", body: trailers("X-Forwarded-For: 192.0.2.1") },
  { name: "an identity in a trailer", body: trailers("X-Homeport-User: root") },
])("breaks at $name", ({ body }) => {
  expect(scan([body]).end).toBe(BROKEN);
  expect(scan(body.split("")).end).toBe(BROKEN);
});

test.each([
  { name: "with a length", kind: LENGTH, parts: ["hel", "lo"] },
  { name: "in chunks", kind: CHUNKED, parts: ["3;a\r\nhel\r\n2\r\nl", "o\r\n0\r\nX-A: 1\r\n\r\n"] },
])("the data of a body $name is handed out, and counted without its framing", ({ kind, parts }) => {
  const scanner = new BodyScanner();
  let data = "";
  const take = (bytes: Buffer, from: number, to: number) => {
    data += bytes.toString("latin1", from, to);
  };
  scanner.begin(kind, 5, { data: take });
  const ends = parts.map((part) => scanner.scan(Buffer.from(`..${part}..`), 2, 2 + part.length));
  expect(ends).toEqual([CONTINUES, 2 + (parts[1]?.length ?? 0)]);
  expect([data, scanner.dataCount, scanner.byteCount]).toEqual(["hello", 5, parts.join("").length]);
});

test("what follows the body is left alone", () => {
  const scanner = new BodyScanner();
  const bytes = Buffer.from("..5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  scanner.begin(CHUNKED, 0);
  expect(scanner.scan(bytes, 2, bytes.length)).toBe(17);
  expect(scanner.byteCount).toBe(15);
});

test.each<{ name: string; kind: number; length: number; parts: number[]; ends: number[] }>([
  { name: "no body", kind: NO_BODY, length: 0, parts: [4], ends: [0] },
  { name: "a length in one part", kind: LENGTH, length: 4, parts: [4], ends: [4] },
  { name: "a length and more", kind: LENGTH, length: 4, parts: [9], ends: [4] },
  { name: "a length in several parts", kind: LENGTH, length: 4, parts: [1, 2, 7], ends: [CONTINUES, CONTINUES, 1] },
  { name: "the end of the connection", kind: UNTIL_CLOSE, length: 0, parts: [4, 4], ends: [CONTINUES, CONTINUES] },
])("ends by $name", ({ kind, length, parts, ends }) => {
  const scanner = new BodyScanner();
  scanner.begin(kind, length);
  expect(parts.map((size) => scanner.scan(Buffer.alloc(size), 0, size))).toEqual(ends);
  const counted = parts.map((size, index) => Math.min(size, (ends[index] ?? 0) < 0 ? size : (ends[index] ?? 0)));
  expect(scanner.byteCount).toBe(counted.reduce((sum, count) => sum + count, 0));
});

test("nothing of one body is left in the next, whole or not", () => {
  const scanner = new BodyScanner();
  const extended = `3;${"b".repeat(200)}\r\nabc\r\n0\r\n\r\n`;
  for (const before of [
    trailers(`X-A: ${"a".repeat(400)}`),
    `3;${"a".repeat(200)}`,
    "3\r\nab",
    "ffff",
    "0\r\nX-A",
    "x",
  ]) {
    scan([before], scanner);
    expect([before, scan([extended], scanner)]).toEqual([before, { end: extended.length, data: "abc" }]);
  }
});

test("a chunked body ends exactly where it ends, wherever it is split, and its data is what was sent", () => {
  const scanner = new BodyScanner();
  fc.assert(
    fc.property(chunkedParts, fc.string({ unit: "binary-ascii", maxLength: 5 }), (parts, behind) => {
      const body = chunkedText(parts);
      const data = parts.chunks.map((part) => part.data).join("");
      expect(scan((body + behind).split(""), scanner)).toEqual({ end: body.length, data });
      for (let at = 0; at < body.length; at++) {
        expect(scan([body.slice(0, at)], scanner).end).toBe(CONTINUES);
        const split = [body.slice(0, at), body.slice(at) + behind];
        expect(scan(split, scanner)).toEqual({ end: body.length, data });
      }
    }),
    { numRuns: 150 },
  );
});

test("a damaged body is broken, or ends where a slow reader sees the end", () => {
  const bytes = Buffer.alloc(4_096);
  const scanner = new BodyScanner();
  fc.assert(
    fc.property(chunkedParts, damagedAt, fc.nat(), (parts, damage, at) => {
      const text = damaged(chunkedText(parts), damage);
      checkChunked(scanner, { text, bytes, from: 1, stops: [1 + (at % text.length), 1 + text.length] });
    }),
    { numRuns: 3_000 },
  );
});

test("any other byte in the framing of a body breaks it, or is another size, of which there is not enough", () => {
  const body = chunk("0\r\n\r\n");
  const [data, sizes] = [
    [3, 4, 5],
    [0, 8],
  ];
  for (let at = 0; at < body.length; at++) {
    for (let byte = 0; byte < 256 && !data.includes(at); byte++) {
      const changed = body.slice(0, at) + String.fromCharCode(byte) + body.slice(at + 1);
      if (changed === body) continue;
      const isSize = sizes.includes(at) && /[0-9a-fA-F]/.test(String.fromCharCode(byte));
      expect(isSize ? [BROKEN, CONTINUES] : [BROKEN]).toContain(scan([changed]).end);
    }
  }
});
