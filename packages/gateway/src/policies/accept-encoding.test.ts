import { expect, test } from "bun:test";
import fc from "fast-check";
import { chooseEncoding } from "./accept-encoding.ts";

test.each([
  { header: null, encoding: null },
  { header: "", encoding: null },
  { header: "gzip, deflate, br, zstd", encoding: "zstd" },
  { header: "gzip, deflate, br", encoding: "br" },
  { header: "gzip", encoding: "gzip" },
  { header: "x-gzip", encoding: "gzip" },
  { header: "GZip", encoding: "gzip" },
  { header: "deflate, compress", encoding: null },
  { header: "identity", encoding: null },
  { header: "*", encoding: "zstd" },
  { header: "*;q=0", encoding: null },
  { header: "*, zstd;q=0", encoding: "br" },
  { header: "gzip;q=0", encoding: null },
  { header: "gzip;q=0.000", encoding: null },
  { header: "br;q=0.5, gzip;q=0.8", encoding: "gzip" },
  { header: "br ; q=0.8 , gzip ; q=0.8", encoding: "br" },
  { header: "gzip;q=1.0, zstd;q=0.001", encoding: "gzip" },
  { header: "identity;q=1, gzip;q=0.5", encoding: null },
  { header: "identity;q=0.5, gzip;q=0.5", encoding: "gzip" },
  { header: "identity;q=0, gzip;q=0.1", encoding: "gzip" },
  { header: "gzip;q=2", encoding: null },
  { header: "gzip;q=0.1234", encoding: null },
  { header: "gzip;level=9, br", encoding: "br" },
  { header: "gzip;;q=1", encoding: null },
  { header: `gzip, ${"x".repeat(1_000)}`, encoding: null },
] as const)("Accept-Encoding: $header chooses $encoding", ({ header, encoding }) => {
  expect(chooseEncoding(header)).toBe(encoding);
});

test("whatever comes, nothing is chosen that the client did not name", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."gzipbrstd*;q=01., "), maxLength: 40 }), (header) => {
      const encoding = chooseEncoding(header);
      expect(encoding === null || header.includes(encoding) || header.includes("*")).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
