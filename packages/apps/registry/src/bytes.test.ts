import { expect, test } from "bun:test";
import { formatBytes } from "./bytes.ts";

const SIZES = [
  { bytes: 0, text: "0 B" },
  { bytes: 1023, text: "1023 B" },
  { bytes: 1536, text: "1.5 KiB" },
  { bytes: 200 * 1024, text: "200 KiB" },
  { bytes: 5 * 1024 ** 4, text: "5.0 TiB" },
];
test.each(SIZES)("$bytes bytes are $text", ({ bytes, text }) => {
  expect(formatBytes(bytes)).toBe(text);
});
