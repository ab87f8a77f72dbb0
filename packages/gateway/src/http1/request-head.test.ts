import { expect, test } from "bun:test";
import fc from "fast-check";
import { damaged, damagedAt, requestParts, requestText } from "../../test/fuzz/arbitraries.ts";
import { checkRequest } from "../../test/fuzz/invariants.ts";
import { INCOMPLETE, MALFORMED, TOO_MANY_FIELDS, UNSUPPORTED_CODING, UNSUPPORTED_VERSION } from "./field-list.ts";
import { CHUNKED, LENGTH, NO_BODY } from "./framing.ts";
import { RequestHead } from "./request-head.ts";

const HOST = "Host: shop.example";
const requestOf = (line: string, ...fields: string[]): string => [line, ...fields, "", ""].join("\r\n");
const get = (...fields: string[]): string => requestOf("GET / HTTP/1.1", HOST, ...fields);
const post = (...fields: string[]): string => requestOf("POST / HTTP/1.1", HOST, ...fields);
const start = (line: string): string => requestOf(line, HOST);
const WEBSOCKET = ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket"];

function read(text: string, head = new RequestHead()): { code: number; head: RequestHead } {
  return { code: head.read(Buffer.from(text, "latin1"), 0, text.length), head };
}

function factsOf(head: RequestHead) {
  const textOf = (from: number, to: number) => head.bytes.toString("latin1", from, to);
  const { minor, body, contentLength, isHead, isIdempotent, isWebSocket, expectsContinue, closes, isPathSpecial } =
    head;
  return {
    method: textOf(head.start, head.methodEnd),
    path: textOf(head.target, head.pathEnd),
    target: textOf(head.target, head.targetEnd),
    host: textOf(head.host, head.hostEnd),
    flags: Object.entries({ isHead, isIdempotent, isWebSocket, expectsContinue, closes, isPathSpecial })
      .filter(([, isSet]) => isSet)
      .map(([name]) => name),
    minor,
    body,
    contentLength,
  };
}

type Facts = Partial<ReturnType<typeof factsOf>>;

test.each<{ name: string; text: string; facts: Facts }>([
  {
    name: "the smallest request",
    text: get(),
    facts: {
      method: "GET",
      path: "/",
      target: "/",
      host: "shop.example",
      flags: ["isIdempotent"],
      minor: 1,
      body: NO_BODY,
      contentLength: 0,
    },
  },
  { name: "a query", text: start("GET /a?b=/c?d HTTP/1.1"), facts: { path: "/a", target: "/a?b=/c?d" } },
  {
    name: "raw bytes in the target",
    text: start("GET /\xfc?\xe9 HTTP/1.1"),
    facts: { path: "/\xfc", target: "/\xfc?\xe9" },
  },
  { name: "an empty line before it", text: `\r\n${get()}`, facts: { method: "GET", path: "/" } },
  { name: "the longest method", text: start(`${"M".repeat(24)} / HTTP/1.1`), facts: { method: "M".repeat(24) } },
  { name: "an empty Host", text: requestOf("GET / HTTP/1.1", "Host:"), facts: { host: "" } },
  { name: "a Host with blanks", text: requestOf("GET / HTTP/1.1", "hOST: \ta \t"), facts: { host: "a" } },
  { name: "a length", text: post("Content-Length: 042"), facts: { body: LENGTH, contentLength: 42, flags: [] } },
  { name: "a length of zero", text: post("Content-Length: 0"), facts: { body: NO_BODY, contentLength: 0 } },
  { name: "chunks", text: post("TRANSFER-Encoding:  Chunked "), facts: { body: CHUNKED, contentLength: 0 } },
  { name: "HTTP/1.0", text: start("GET / HTTP/1.0"), facts: { minor: 0, flags: ["isIdempotent", "closes"] } },
  {
    name: "HTTP/1.0 that goes on",
    text: requestOf("POST / HTTP/1.0", HOST, "Connection: Keep-Alive"),
    facts: { minor: 0, flags: [] },
  },
  {
    name: "HTTP/1.0 that goes on and ends",
    text: requestOf("POST / HTTP/1.0", HOST, "Connection: keep-alive, close"),
    facts: { flags: ["closes"] },
  },
  { name: "the client's last request", text: post("Connection: x, CLOSE"), facts: { flags: ["closes"] } },
  { name: "an expectation", text: post("Expect: 100-continue"), facts: { flags: ["expectsContinue"] } },
  { name: "HEAD", text: start("HEAD / HTTP/1.1"), facts: { flags: ["isHead", "isIdempotent"] } },
  { name: "PUT", text: start("PUT / HTTP/1.1"), facts: { flags: ["isIdempotent"] } },
  { name: "PATCH", text: start("PATCH / HTTP/1.1"), facts: { flags: [] } },
  { name: "a method that begins like another one", text: start("GETS / HTTP/1.1"), facts: { flags: [] } },
  { name: "a WebSocket", text: get(...WEBSOCKET), facts: { flags: ["isIdempotent", "isWebSocket"] } },
  {
    name: "an Upgrade that Connection does not name",
    text: get("Upgrade: websocket"),
    facts: { flags: ["isIdempotent"] },
  },
  { name: "an Upgrade to several", text: post("Connection: upgrade", "Upgrade: websocket, h2c"), facts: { flags: [] } },
  { name: "two Upgrades", text: post(...WEBSOCKET, "Upgrade: websocket"), facts: { flags: [] } },
  {
    name: "a length that is spelled otherwise",
    text: post("Content_Length: 3"),
    facts: { body: NO_BODY, contentLength: 0 },
  },
  {
    name: "chunks that are spelled otherwise beside a length",
    text: post("Transfer_Encoding: chunked", "Content-Length: 3"),
    facts: { body: LENGTH, contentLength: 3 },
  },
])("reads $name", ({ text, facts }) => {
  const { code, head } = read(text);
  expect(code).toBe(text.length);
  expect(factsOf(head)).toMatchObject(facts);
});

const refusedAs = (code: number, problem: RegExp) => (name: string, text: string) => ({ name, text, code, problem });
const badMethod = refusedAs(MALFORMED, /method/);
const badTarget = refusedAs(MALFORMED, /target must be a path/);
const badLine = refusedAs(MALFORMED, /not a valid HTTP/);
const badVersion = refusedAs(UNSUPPORTED_VERSION, /not a valid HTTP/);
const badField = refusedAs(MALFORMED, /header line/);
const badHost = refusedAs(MALFORMED, /exactly one Host/);
const badLength = refusedAs(MALFORMED, /length of the request body is ambiguous/);
const badCoding = refusedAs(UNSUPPORTED_CODING, /ambiguous/);
const badWebSocket = refusedAs(MALFORMED, /WebSocket/);

test.each([
  badMethod("a method in lower case", start("gET / HTTP/1.1")),
  badMethod("no method", start("/ HTTP/1.1")),
  badMethod("a method of 25 bytes", start(`${"M".repeat(25)} / HTTP/1.1`)),
  badMethod("CONNECT", start("CONNECT /x HTTP/1.1")),
  badMethod("two empty lines", `\r\n\r\n${get()}`),
  badMethod("a bare LF before the method", `\n${get()}`),
  badTarget("an absolute target", start("GET http://shop.example/ HTTP/1.1")),
  badTarget("an asterisk", start("OPTIONS * HTTP/1.1")),
  badTarget("two spaces", start("GET  / HTTP/1.1")),
  badTarget("a fragment", start("GET /#a HTTP/1.1")),
  badTarget("DEL in the query", start("GET /?\x7f HTTP/1.1")),
  badTarget("a target without a version", "GET /\r\n\r\n"),
  badLine("another protocol", start("GET / HTTQ/1.1")),
  badLine("a protocol in lower case", start("GET / http/1.1")),
  badLine("a space behind the version", start("GET / HTTP/1.1 ")),
  badLine("a version of two digits", start("GET / HTTP/1.10")),
  badLine("a bare LF behind the version", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
  badLine("a space for the CR behind the version", "GET / HTTP/1.1 \nHost: a\r\n\r\n"),
  badVersion("HTTP/2.0", start("GET / HTTP/2.0")),
  badVersion("HTTP/1.2", start("GET / HTTP/1.2")),
  badField("a space before the colon", get("X-A : 1")),
  badField("a folded line", get("X-A: 1", " 2")),
  refusedAs(TOO_MANY_FIELDS, /header line/)("201 fields", get(...new Array<string>(200).fill("X-A: 1"))),
  badHost("no Host", requestOf("GET / HTTP/1.1")),
  badHost("no Host in HTTP/1.0", requestOf("GET / HTTP/1.0")),
  badHost("two equal Hosts", get(HOST)),
  badLength("a length and chunks", post("Content-Length: 3", "Transfer-Encoding: chunked")),
  badLength("chunks in HTTP/1.0", requestOf("POST / HTTP/1.0", HOST, "Transfer-Encoding: chunked")),
  badCoding("a coding besides chunks", post("Transfer-Encoding: gzip, chunked")),
  badWebSocket("a WebSocket by POST", post(...WEBSOCKET)),
  badWebSocket("a WebSocket with a body", get(...WEBSOCKET, "Content-Length: 1")),
  badWebSocket("a WebSocket in HTTP/1.0", requestOf("GET / HTTP/1.0", HOST, ...WEBSOCKET)),
])("refuses $name", ({ text, code, problem }) => {
  const refusal = read(text);
  expect(refusal.code).toBe(code);
  expect(refusal.head.problem).toMatch(problem);
});

test.each([
  ["/a/b.c/d;e", false],
  ["/a?//../%2e", false],
  ["//a", true],
  ["/a//b", true],
  ["/./a", true],
  ["/a/..", true],
  ["/.well-known/x", true],
  ["/%61", true],
  ["/a\\b", true],
  ["/\xe9", true],
])("the path of %s has to be read with care: %p", (target, isSpecial) => {
  expect(read(start(`GET ${target} HTTP/1.1`)).head.isPathSpecial).toBe(isSpecial);
});

test("a field is found by its name in any case, its lines joined by commas", () => {
  const { head } = read(get("Accept: a", "X-B: \xfc", "ACCEPT:b, c", "X_B: other", "Empty:"));
  expect(head.header("accept")).toBe("a, b, c");
  expect(head.header("empty")).toBe("");
  expect(head.header("accept-encoding")).toBeNull();
});

test("nothing of one head is left in the next", () => {
  const head = new RequestHead();
  read(get(...WEBSOCKET, "Expect: 100-continue", "Content-Length: 0"), head);
  read(requestOf("POST /%/ HTTP/1.0", HOST, "Content-Length: 7", "Connection: close", "X-A: 1"), head);
  read(get(), head);
  expect(factsOf(head)).toEqual(factsOf(read(get()).head));
  expect(head.header("x-a")).toBeNull();
});

test("a head is read where it begins, up to where the next one does", () => {
  const bytes = Buffer.from(get() + post("Content-Length: 2"));
  const head = new RequestHead();
  const next = head.read(bytes, 0, bytes.length);
  expect(next).toBe(get().length);
  expect(head.read(bytes, next, bytes.length)).toBe(bytes.length);
  expect(factsOf(head)).toMatchObject({ method: "POST", contentLength: 2 });
});

test("a valid head reads back as it was made", () => {
  fc.assert(
    fc.property(requestParts, (parts) => {
      const text = requestText(parts);
      const { code, head } = read(text);
      expect(code).toBe(text.length);
      const { method, path, query, host, body } = parts;
      const kind = { none: NO_BODY, length: LENGTH, chunked: CHUNKED }[body.kind];
      const expected = { method, path, target: path + query, host, body: kind, contentLength: body.length };
      expect(factsOf(head)).toMatchObject(expected);
      const { bytes, fields } = head;
      const found = Array.from({ length: fields.count }, (_, index) => ({
        name: bytes.toString("latin1", fields.line(index), fields.nameEnd(index)),
        before: bytes.toString("latin1", fields.nameEnd(index) + 1, fields.value(index)),
        value: bytes.toString("latin1", fields.value(index), fields.valueEnd(index)),
      }));
      const made = parts.fields.map(({ name, before, value, after }) => ({
        name,
        before: value === "" ? before + after : before,
        value,
      }));
      expect(found).toEqual(made);
    }),
    { numRuns: 300 },
  );
});

test("no beginning of a valid head is refused, and none is taken for the whole", () => {
  fc.assert(
    fc.property(requestParts, fc.boolean(), (parts, hasEmptyLine) => {
      const text = `${hasEmptyLine ? "\r\n" : ""}${requestText(parts)}`;
      const bytes = Buffer.from(text, "latin1");
      const head = new RequestHead();
      for (let end = 0; end < text.length; end++) {
        expect(head.read(Buffer.from(bytes.subarray(0, end)), 0, end)).toBe(INCOMPLETE);
      }
      expect(head.read(bytes, 0, bytes.length)).toBe(text.length);
    }),
    { numRuns: 100 },
  );
});

test("a damaged head is refused, or it has one Host and one length to a slow reader too", () => {
  const bytes = Buffer.alloc(4_096);
  const head = new RequestHead();
  fc.assert(
    fc.property(requestParts, damagedAt, fc.nat(), (parts, damage, at) => {
      const text = damaged(requestText(parts), damage);
      checkRequest(head, { text, bytes, from: 1, stops: [1 + (at % text.length), 1 + text.length] });
    }),
    { numRuns: 3_000 },
  );
});
