import { expect, test } from "bun:test";
import fc from "fast-check";
import { requestParts, requestText } from "../../test/fuzz/arbitraries.ts";
import { readRequest } from "../../test/fuzz/reference-reader.ts";
import { RequestHead } from "../http1/request-head.ts";
import { HeadWriter } from "./head-writer.ts";
import { type Amendments, writeUpstreamHead } from "./upstream-head.ts";

const OURS = "X-Forwarded-For: 192.0.2.1\r\nX-Request-Id: ";
const writer = new HeadWriter();

/** The head that the upstream gets for these bytes, as far as it is written: up to the request id. */
function write(text: string, amendments: Amendments | null = null): string {
  const head = new RequestHead();
  expect(head.read(Buffer.from(`..${text}..`, "latin1"), 2, 2 + text.length)).toBe(2 + text.length);
  writeUpstreamHead(writer, head, Buffer.from(OURS), amendments);
  return writer.bytes.toString("latin1", 0, writer.length);
}

const requestOf = (...lines: string[]): string => [...lines, "", ""].join("\r\n");
const passed = (...lines: string[]): string => `${lines.join("\r\n")}\r\n${OURS}`;
const amend = (changes: Partial<Amendments>): Amendments => ({
  headers: [],
  dropAuthorization: false,
  dropCookies: [],
  ...changes,
});
const HOST = "Host: shop.example";

test("what a client says goes on byte for byte", () => {
  const lines = [
    "POST /a//../b?c=\xe9 HTTP/1.1",
    "hOST:shop.example",
    "X-A:  \xfc\t b ",
    "X-A: 2",
    "Cookie: a=1",
    "Authorization: b",
    "Content-Length: 3",
    "Expect: 100-continue",
  ];
  expect(write(requestOf(...lines))).toBe(passed(...lines));
});

test.each([
  { name: "HTTP/1.0", line: "GET /HTTP/1.0 HTTP/1.0", becomes: "GET /HTTP/1.0 HTTP/1.1" },
  { name: "HTTP/1.1", line: "GET / HTTP/1.1", becomes: "GET / HTTP/1.1" },
])("upstreams are spoken to in HTTP/1.1, whatever the client speaks: $name", ({ line, becomes }) => {
  expect(write(requestOf(line, HOST))).toBe(passed(becomes, HOST));
});

test("an empty line before the request goes no further", () => {
  expect(write(`\r\n${requestOf("GET / HTTP/1.0", HOST)}`)).toBe(passed("GET / HTTP/1.1", HOST));
});

test.each([
  {
    name: "the connection's own",
    fields: ["Connection: keep-alive", "Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers", "Upgrade: h2c"],
  },
  { name: "those of proxies", fields: ["Proxy-Authorization: a", "Proxy-Authenticate: b", "Proxy: evil.test"] },
  { name: "those that Connection names", fields: ["X-Hop: 1", "Connection: x-hop, close", "x-hop: 2"] },
  {
    name: "addresses",
    fields: [
      "X-Forwarded-For: 1.1.1.1",
      "Forwarded: for=1.1.1.1",
      "X-Real-IP: 1.1.1.1",
      "X-Client-IP: 1.1.1.1",
      "True-Client-IP: 1.1.1.1",
      "CF-Connecting-IP: 1.1.1.1",
    ],
  },
  {
    name: "schemes and hosts",
    fields: [
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.test",
      "X-Forwarded-Port: 1",
      "X-Original-URL: /admin",
      "X-Rewrite-URL: /admin",
    ],
  },
  { name: "identities and ids", fields: ["X-Homeport-User: root", "X-HOMEPORT-Email: a@b", "X-Request-Id: 1"] },
  {
    name: "all of these with underscores",
    fields: [
      "X_Forwarded_For: 1.1.1.1",
      "x_homeport_user: root",
      "X-Real_IP: 1.1.1.1",
      "Content_Length: 3",
      "Transfer_Encoding: chunked",
      "X_Request_ID: 1",
    ],
  },
])("ends here: $name", ({ fields }) => {
  expect(write(requestOf("GET / HTTP/1.1", ...fields, HOST))).toBe(passed("GET / HTTP/1.1", HOST));
  expect(write(requestOf("GET / HTTP/1.1", HOST, ...fields))).toBe(passed("GET / HTTP/1.1", HOST));
  const between = fields.flatMap((field, index) => [field, `X-${index}: stays`]);
  const stays = between.filter((field) => field.endsWith(": stays"));
  expect(write(requestOf("GET / HTTP/1.1", ...between, HOST))).toBe(passed("GET / HTTP/1.1", ...stays, HOST));
});

test("Connection cannot take away what frames and routes", () => {
  const fields = [HOST, "Content-Length: 3"];
  const text = requestOf("POST / HTTP/1.1", ...fields, "Connection: host, content-length");
  expect(write(text)).toBe(passed("POST / HTTP/1.1", ...fields));
});

test("a WebSocket is asked for in our own words", () => {
  const text = requestOf(
    "GET /ws HTTP/1.1",
    "Upgrade: WebSocket",
    HOST,
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: a",
  );
  expect(write(text)).toBe(
    passed("GET /ws HTTP/1.1", HOST, "Sec-WebSocket-Key: a", "Connection: Upgrade", "Upgrade: websocket"),
  );
});

test.each([
  { name: "nothing", amendments: amend({}), cookies: ["a=1; gate=2"], authorization: true, adds: [] },
  {
    name: "headers",
    amendments: amend({
      headers: [
        ["X-Homeport-User", "u1"],
        ["X-B", "\xfc"],
      ],
    }),
    cookies: ["a=1"],
    authorization: true,
    adds: ["X-Homeport-User: u1", "X-B: \xfc"],
  },
  {
    name: "the credentials",
    amendments: amend({ dropAuthorization: true }),
    cookies: ["a=1"],
    authorization: false,
    adds: [],
  },
])("a policy changes $name", ({ amendments, cookies, authorization, adds }) => {
  const cookieLines = cookies.map((cookie) => `Cookie: ${cookie}`);
  const text = requestOf("GET / HTTP/1.1", HOST, "Authorization: Basic x", ...cookieLines, "X-A: 1");
  const kept = authorization ? ["Authorization: Basic x"] : [];
  expect(write(text, amendments)).toBe(passed("GET / HTTP/1.1", HOST, ...kept, ...cookieLines, "X-A: 1", ...adds));
});

test("a policy's cookies are taken out of all Cookie lines", () => {
  const text = requestOf("GET / HTTP/1.1", HOST, "Cookie: a=1; gate=2", "X-A: 1", "COOKIE: gate=3", "cookie: b=\xfc");
  const gate = amend({ dropCookies: ["gate"] });
  expect(write(text, gate)).toBe(passed("GET / HTTP/1.1", HOST, "X-A: 1", "Cookie: a=1; b=\xfc"));
  expect(write(requestOf("GET / HTTP/1.1", HOST, "Cookie: gate=1"), gate)).toBe(passed("GET / HTTP/1.1", HOST));
});

test("the upstream reads the same request, in its target, its host and its length", () => {
  const names = fc.constantFrom(
    "Connection: close, x-a",
    "TE: x",
    "Upgrade: y",
    "X-Forwarded-For: z",
    "Content_Length: 9",
  );
  fc.assert(
    fc.property(requestParts, fc.array(fc.tuple(fc.nat(), names), { maxLength: 4 }), (parts, extra) => {
      const lines = requestText(parts).split("\r\n");
      for (const [at, line] of extra) lines.splice(1 + (at % (lines.length - 2)), 0, line);
      const text = lines.join("\r\n");
      const [sent, got] = [readRequest(text), readRequest(`${write(text)}1\r\n\r\n`)].map((facts) => {
        if (facts === null) throw new Error(`It is not valid: ${JSON.stringify(text)}`);
        const { method, target, host, body, length } = facts;
        return { method, target, host, body, length };
      });
      expect(got).toEqual(sent);
    }),
    { numRuns: 500 },
  );
});
