import { expect, test } from "bun:test";
import { FieldList, MALFORMED, UNSUPPORTED_CODING } from "./field-list.ts";
import { CONTENT_LENGTH, HOP, REQUEST_FIELDS } from "./fields.ts";
import { Framing } from "./framing.ts";

function read(...lines: string[]) {
  const bytes = Buffer.from(`${lines.map((line) => `${line}\r\n`).join("")}\r\n`, "latin1");
  const fields = new FieldList();
  expect(fields.read(bytes, 0, bytes.length, REQUEST_FIELDS)).toBe(bytes.length);
  const framing = new Framing();
  const refused = framing.read(bytes, fields);
  return {
    refused,
    length: framing.length,
    isChunked: framing.isChunked,
    kinds: Array.from(lines, (_, i) => fields.kind(i)),
  };
}

const CHUNKS = "Transfer-Encoding: chunked";

test.each([
  { name: "nothing", lines: ["A: 1"], length: -1, isChunked: false },
  { name: "a length", lines: ["Content-Length: 17"], length: 17, isChunked: false },
  { name: "a length of zero", lines: ["Content-Length:0"], length: 0, isChunked: false },
  { name: "a length with leading zeros", lines: ["Content-Length: 007"], length: 7, isChunked: false },
  { name: "a length with blanks around it", lines: ["Content-Length:\t 7 \t"], length: 7, isChunked: false },
  {
    name: "the longest length",
    lines: ["Content-Length: 999999999999999"],
    length: 999_999_999_999_999,
    isChunked: false,
  },
  { name: "chunks", lines: [CHUNKS], length: -1, isChunked: true },
  { name: "chunks in any case with spaces", lines: ["transfer-ENCODING:  ChunKED  "], length: -1, isChunked: true },
  { name: "a misspelled length beside chunks", lines: ["Content_Length: 3", CHUNKS], length: -1, isChunked: true },
  {
    name: "misspelled chunks beside a length",
    lines: ["Content-Length: 3", "transfer_encoding: x"],
    length: 3,
    isChunked: false,
  },
  {
    name: "misspelled ones only",
    lines: ["content_length: x", "Transfer_Encoding: chunked"],
    length: -1,
    isChunked: false,
  },
])("reads $name", ({ lines, length, isChunked }) => {
  expect(read(...lines)).toMatchObject({ refused: 0, length, isChunked });
});

test.each([
  { name: "a length and chunks", lines: ["Content-Length: 3", CHUNKS] },
  { name: "chunks and a length", lines: [CHUNKS, "A: 1", "Content-Length: 0"] },
  { name: "two equal lengths", lines: ["Content-Length: 3", "content-length: 3"] },
  { name: "two lengths of zero", lines: ["Content-Length: 0", "Content-Length: 0"] },
  { name: "a list of lengths", lines: ["Content-Length: 3, 3"] },
  { name: "an empty length", lines: ["Content-Length:"] },
  { name: "a sign", lines: ["Content-Length: +3"] },
  { name: "a negative length", lines: ["Content-Length: -3"] },
  { name: "hexadecimal digits", lines: ["Content-Length: 0x3"] },
  { name: "a fraction", lines: ["Content-Length: 3.0"] },
  { name: "an inner blank", lines: ["Content-Length: 3 3"] },
  { name: "16 digits", lines: ["Content-Length: 1000000000000000"] },
  { name: "an underscore", lines: ["Content-Length: 3_0"] },
  { name: "no coding", lines: ["Transfer-Encoding:"] },
  { name: "chunks twice", lines: [CHUNKS, CHUNKS] },
  { name: "chunks and another coding in a second line", lines: [CHUNKS, "Transfer-Encoding: identity"] },
])("refuses $name", ({ lines }) => {
  expect(read(...lines).refused).toBe(MALFORMED);
});

test.each([
  ["Transfer-Encoding: gzip, chunked"],
  ["Transfer-Encoding: chunked, identity"],
  ["Transfer-Encoding: chunked, chunked"],
  ["Transfer-Encoding: chunked,"],
  ["Transfer-Encoding: xchunked"],
  ["Transfer-Encoding: chunke"],
  ["Transfer-Encoding: chunked;q=1"],
  ['Transfer-Encoding: "chunked"'],
  ["Transfer-Encoding: identity"],
  ["Transfer-Encoding: \xa0chunked"],
  ["Transfer-Encoding:\tchunked"],
  ["Transfer-Encoding: chunked\t"],
  ["Transfer-Encoding:\t chunked"],
  ["Transfer-Encoding: chunked \t"],
])("a coding that servers may read differently is not supported: %j", (line) => {
  expect(read(line).refused).toBe(UNSUPPORTED_CODING);
});

test("a misspelled framing field goes no further, and a well-spelled one does", () => {
  expect(read("Content_Length: 3", "Content-Length: 3", "transfer_encoding: chunked").kinds).toEqual([
    HOP,
    CONTENT_LENGTH,
    HOP,
  ]);
});
