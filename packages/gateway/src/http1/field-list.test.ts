import { expect, test } from "bun:test";
import { FieldList, INCOMPLETE, MALFORMED, MAX_FIELDS, TOO_MANY_FIELDS } from "./field-list.ts";
import {
  CONNECTION,
  COOKIE,
  FieldNames,
  HOP,
  HOST,
  PLAIN,
  PROXY_ONLY,
  REQUEST_FIELDS,
  TRAILER_FIELDS,
} from "./fields.ts";

function read(text: string, fields = new FieldList()): { code: number; fields: FieldList; bytes: Buffer } {
  const bytes = Buffer.from(text, "latin1");
  return { code: fields.read(bytes, 0, bytes.length, REQUEST_FIELDS), fields, bytes };
}

test.each<{ name: string; text: string; found: string[][] }>([
  { name: "none", text: "\r\n", found: [] },
  { name: "one", text: "A: b\r\n\r\n", found: [["A", "b"]] },
  { name: "blanks around the value", text: "A:\t b c \t\r\n\r\n", found: [["A", "b c"]] },
  { name: "no blanks at all", text: "A:b\r\n\r\n", found: [["A", "b"]] },
  {
    name: "an empty value",
    text: "A:\r\nB: \t\r\n\r\n",
    found: [
      ["A", ""],
      ["B", ""],
    ],
  },
  { name: "colons in the value", text: "A: b:c: d\r\n\r\n", found: [["A", "b:c: d"]] },
  { name: "every letter of a name", text: "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n", found: [["!#$%&'*+-.^_`|~09azAZ", "1"]] },
  { name: "raw bytes in the value", text: "A: \x80\xff\x21\x7e\r\n\r\n", found: [["A", "\x80\xff\x21\x7e"]] },
])("reads $name", ({ text, found }) => {
  const { code, fields, bytes } = read(text);
  expect(code).toBe(text.length);
  const spans = Array.from({ length: fields.count }, (_, index) => [
    bytes.toString("latin1", fields.line(index), fields.nameEnd(index)),
    bytes.toString("latin1", fields.value(index), fields.valueEnd(index)),
  ]);
  expect(spans).toEqual(found);
});

test.each([
  ["a space before the colon", "A : b\r\n\r\n"],
  ["a folded line", "A: b\r\n c\r\n\r\n"],
  ["a first line that is folded", " A: b\r\n\r\n"],
  ["no name", ": b\r\n\r\n"],
  ["no colon", "A\r\n\r\n"],
  ["a name with a raw byte", "A\xe9: b\r\n\r\n"],
  ["a bare LF", "A: b\n\r\n"],
  ["a bare LF for the empty line", "A: b\r\n\n"],
  ["a bare CR in a value", "A: b\rc\r\n\r\n"],
  ["a bare CR for the empty line", "A: b\r\n\rA: b\r\n\r\n"],
  ["NUL", "A: b\0\r\n\r\n"],
  ["DEL", "A: b\x7f\r\n\r\n"],
  ["a control byte", "A: \x1fb\r\n\r\n"],
])("refuses %s", (_, text) => {
  expect(read(text).code).toBe(MALFORMED);
});

test("it waits for every byte", () => {
  const text = "A: b\r\nC:d \r\n\r\n";
  for (let end = 0; end < text.length; end++) expect([end, read(text.slice(0, end)).code]).toEqual([end, INCOMPLETE]);
});

test("as many fields as browsers may send are read, and one more is refused", () => {
  expect(read(`${"A:\r\n".repeat(MAX_FIELDS)}\r\n`).fields.count).toBe(MAX_FIELDS);
  expect(read(`${"A:\r\n".repeat(MAX_FIELDS + 1)}\r\n`).code).toBe(TOO_MANY_FIELDS);
});

test("fields are found by their kind, the first one of several", () => {
  const { fields } = read("A: 1\r\ncookie: 2\r\nCOOKIE: 3\r\nHost: a\r\n\r\n");
  expect([fields.find(COOKIE), fields.find(HOST), fields.find(CONNECTION)]).toEqual([1, 3, -1]);
});

test("nothing of one list is left in the next", () => {
  const { fields } = read("Host: a\r\nHost: b\r\n\r\n");
  read("A: 1\r\n\r\n", fields);
  expect([fields.count, fields.kind(0), fields.find(HOST)]).toEqual([1, PLAIN, -1]);
});

test.each([
  ["Host", HOST],
  ["HOST", HOST],
  ["hosts", PLAIN],
  ["ost", PLAIN],
  ["keep-alive", HOP],
  ["Keep_Alive", HOP],
  ["X-Real-IP", PROXY_ONLY],
  ["x_request_id", PROXY_ONLY],
  ["X-Homeport-User", PROXY_ONLY],
  ["x_homeport_user", PROXY_ONLY],
  ["X-Homeport", PLAIN],
  ["X-Forwarded-Port", PROXY_ONLY],
  ["Proxy", PROXY_ONLY],
  ["X-Custom", PLAIN],
])("%s has its meaning however it is spelled: %p", (name, kind) => {
  const bytes = Buffer.from(`..${name}..`, "latin1");
  expect(REQUEST_FIELDS.classify(bytes, 2, 2 + name.length)).toBe(kind);
});

test("what decides about a message is nothing that a trailer may say", () => {
  const names = ["Content-Length", "transfer_encoding", "HOST", "X-Forwarded-For", "Cookie", "Authorization", "TE"];
  const allowed = names.filter((name) => TRAILER_FIELDS.classify(Buffer.from(name), 0, name.length) === PLAIN);
  expect(allowed).toEqual([]);
  expect(TRAILER_FIELDS.classify(Buffer.from("X-Checksum"), 0, 10)).toBe(PLAIN);
});

test("a prefix stands for longer names only", () => {
  const names = new FieldNames({}, { "x-a-": HOP });
  expect(["x-a-", "x-a-b", "X_A_b", "x-b-a"].map((name) => names.classify(Buffer.from(name), 0, name.length))).toEqual([
    PLAIN,
    HOP,
    HOP,
    PLAIN,
  ]);
});
