import { expect, test } from "bun:test";
import fc from "fast-check";
import { damaged, damagedAt, responseParts, responseText } from "../../test/fuzz/arbitraries.ts";
import { checkResponse } from "../../test/fuzz/invariants.ts";
import { INCOMPLETE, MALFORMED } from "./field-list.ts";
import { CONTENT_LENGTH, HOP, TRANSFER_ENCODING } from "./fields.ts";
import { CHUNKED, LENGTH, NO_BODY, UNTIL_CLOSE } from "./framing.ts";
import { ResponseHead } from "./response-head.ts";

const response = (line: string, ...fields: string[]): string => [line, ...fields, "", ""].join("\r\n");
const ok = (...fields: string[]): string => response("HTTP/1.1 200 OK", ...fields);

function read(text: string, isHead = false, head = new ResponseHead()): { code: number; head: ResponseHead } {
  return { code: head.read(Buffer.from(text, "latin1"), 0, text.length, isHead), head };
}

type Facts = Partial<
  Pick<ResponseHead, "status" | "body" | "contentLength" | "closes" | "isEventStream" | "isInterim">
>;

test.each<{ name: string; text: string; isHead?: boolean; facts: Facts }>([
  {
    name: "a length",
    text: ok("Content-Length: 12"),
    facts: { status: 200, body: LENGTH, contentLength: 12, closes: false, isEventStream: false, isInterim: false },
  },
  { name: "a length of zero", text: ok("content-length:0"), facts: { body: NO_BODY, contentLength: 0 } },
  { name: "chunks", text: ok("Transfer-Encoding: chunked"), facts: { body: CHUNKED, contentLength: 0, closes: false } },
  { name: "a body that ends with the connection", text: ok(), facts: { body: UNTIL_CLOSE, closes: true } },
  { name: "HTTP/1.0", text: response("HTTP/1.0 200 OK", "Content-Length: 1"), facts: { body: LENGTH, closes: true } },
  {
    name: "HTTP/1.0 that goes on",
    text: response("HTTP/1.0 200 OK", "Content-Length: 1", "Connection: keep-alive"),
    facts: { closes: false },
  },
  { name: "the last response", text: ok("Content-Length: 1", "Connection: x, Close"), facts: { closes: true } },
  {
    name: "the answer to HEAD",
    text: ok("Content-Length: 9"),
    isHead: true,
    facts: { body: NO_BODY, contentLength: 0 },
  },
  {
    name: "the chunked answer to HEAD",
    text: ok("Transfer-Encoding: chunked"),
    isHead: true,
    facts: { body: NO_BODY },
  },
  { name: "the unframed answer to HEAD", text: ok(), isHead: true, facts: { body: NO_BODY, closes: false } },
  {
    name: "204 with a length",
    text: response("HTTP/1.1 204 No Content", "Content-Length: 5"),
    facts: { body: NO_BODY },
  },
  {
    name: "304 with a length",
    text: response("HTTP/1.1 304 Not Modified", "Content-Length: 5"),
    facts: { body: NO_BODY },
  },
  { name: "205 without a length", text: response("HTTP/1.1 205 Reset Content"), facts: { body: UNTIL_CLOSE } },
  {
    name: "an interim response",
    text: response("HTTP/1.1 103 Early Hints", "Link: x"),
    facts: { status: 103, isInterim: true },
  },
  {
    name: "switched protocols",
    text: response("HTTP/1.1 101 S", "Upgrade: websocket"),
    facts: { status: 101, body: NO_BODY },
  },
  { name: "no reason", text: response("HTTP/1.1 200", "Content-Length: 1"), facts: { status: 200 } },
  { name: "an empty reason", text: response("HTTP/1.1 200 ", "Content-Length: 1"), facts: { status: 200 } },
  {
    name: "a reason of any bytes",
    text: response("HTTP/1.1 599 \xfc\t. ", "Content-Length: 1"),
    facts: { status: 599 },
  },
  {
    name: "an event stream",
    text: ok("Content-Type: Text/Event-Stream;charset=utf-8"),
    facts: { isEventStream: true },
  },
  { name: "a shorter type than that", text: ok("Content-Type: text/event"), facts: { isEventStream: false } },
  { name: "another type than that", text: ok("Content-Type: text/event-str3am"), facts: { isEventStream: false } },
])("reads $name", ({ text, isHead, facts }) => {
  const { code, head } = read(text, isHead);
  expect(code).toBe(text.length);
  for (const [name, value] of Object.entries(facts)) expect([name, head[name as keyof Facts]]).toEqual([name, value]);
});

test.each([
  { name: "another protocol", text: response("HTTQ/1.1 200 OK") },
  { name: "HTTP/2", text: response("HTTP/2 200") },
  { name: "HTTP/1.2", text: response("HTTP/1.2 200 OK") },
  { name: "an empty line before it", text: `\r\n${ok()}` },
  { name: "a status of two digits", text: response("HTTP/1.1 99 OK") },
  { name: "a status below 100", text: response("HTTP/1.1 099 OK") },
  { name: "a status of four digits", text: response("HTTP/1.1 2000 OK") },
  { name: "a status of letters", text: response("HTTP/1.1 2OO OK") },
  { name: "a tab before the status", text: response("HTTP/1.1\t200 OK") },
  { name: "two spaces before the status", text: response("HTTP/1.1  200 OK") },
  { name: "NUL in the reason", text: response("HTTP/1.1 200 O\0K") },
  { name: "a bare CR in the reason", text: response("HTTP/1.1 200 O\rK") },
  { name: "a bare LF behind the status line", text: "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n" },
  { name: "a folded field", text: ok("X-A: 1", " 2") },
  { name: "more than 200 fields", text: ok(...new Array<string>(201).fill("X-A: 1")) },
  { name: "a length and chunks", text: ok("Content-Length: 3", "Transfer-Encoding: chunked") },
  { name: "two lengths", text: ok("Content-Length: 3", "Content-Length: 3") },
  { name: "another coding", text: ok("Transfer-Encoding: gzip, chunked") },
  { name: "chunks in HTTP/1.0", text: response("HTTP/1.0 200 OK", "Transfer-Encoding: chunked") },
  {
    name: "a length and chunks without a body",
    text: response("HTTP/1.1 304 N", "Content-Length: 3", "Transfer-Encoding: chunked"),
  },
])("refuses $name", ({ text }) => {
  expect(read(text).code).toBe(MALFORMED);
});

test.each([
  { line: "HTTP/1.1 204 No Content", isDropped: true },
  { line: "HTTP/1.1 100 Continue", isDropped: true },
  { line: "HTTP/1.1 304 Not Modified", isDropped: false },
])("what frames no body ends here: $line, $isDropped", ({ line, isDropped }) => {
  for (const [field, kind] of [
    ["Content-Length: 5", CONTENT_LENGTH],
    ["Transfer-Encoding: chunked", TRANSFER_ENCODING],
  ] as const) {
    expect(read(response(line, field)).head.fields.kind(0)).toBe(isDropped ? HOP : kind);
  }
});

test("nothing of one head is left in the next", () => {
  const head = new ResponseHead();
  read(response("HTTP/1.0 200 OK", "Content-Length: 9", "Content-Type: text/event-stream"), false, head);
  const next = ok("Transfer-Encoding: chunked");
  expect(read(next, false, head).code).toBe(next.length);
  expect(head).toMatchObject({ body: CHUNKED, contentLength: 0, closes: false, isEventStream: false });
  expect(head.fields.count).toBe(1);
});

test("a valid head reads back as it was made", () => {
  fc.assert(
    fc.property(responseParts, (parts) => {
      const text = responseText(parts);
      const { code, head } = read(text);
      expect(code).toBe(text.length);
      expect(head.status).toBe(parts.status);
      expect(head.lineEnd).toBe(text.indexOf("\r\n") + 2);
      const { bytes, fields } = head;
      const found = Array.from({ length: fields.count }, (_, index) => ({
        name: bytes.toString("latin1", fields.line(index), fields.nameEnd(index)),
        value: bytes.toString("latin1", fields.value(index), fields.valueEnd(index)),
      }));
      expect(found).toEqual(parts.fields.map(({ name, value }) => ({ name, value })));
    }),
    { numRuns: 300 },
  );
});

test("no beginning of a valid head is refused, and none is taken for the whole", () => {
  const head = new ResponseHead();
  fc.assert(
    fc.property(responseParts, fc.boolean(), (parts, isHead) => {
      const text = responseText(parts);
      const bytes = Buffer.from(text, "latin1");
      for (let end = 0; end < text.length; end++) {
        expect(head.read(Buffer.from(bytes.subarray(0, end)), 0, end, isHead)).toBe(INCOMPLETE);
      }
      expect(head.read(bytes, 0, bytes.length, isHead)).toBe(text.length);
    }),
    { numRuns: 100 },
  );
});

test("a damaged head is refused, or its body ends where a slow reader sees the end", () => {
  const bytes = Buffer.alloc(4_096);
  const head = new ResponseHead();
  fc.assert(
    fc.property(responseParts, damagedAt, fc.nat(), fc.boolean(), (parts, damage, at, isHead) => {
      const text = damaged(responseText(parts), damage);
      checkResponse(head, { text, bytes, from: 1, stops: [1 + (at % text.length), 1 + text.length] }, isHead);
    }),
    { numRuns: 3_000 },
  );
});
