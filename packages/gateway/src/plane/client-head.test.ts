import { expect, test } from "bun:test";
import { ResponseHead } from "../http1/response-head.ts";
import {
  addClose,
  addKeepAlive,
  addRequestIdName,
  addWebSocket,
  copyResponseHead,
  type Reframed,
} from "./client-head.ts";
import { HeadWriter } from "./head-writer.ts";

const writer = new HeadWriter();
const responseOf = (line: string, ...fields: string[]): string => [line, ...fields, "", ""].join("\r\n");
const passed = (line: string, ...fields: string[]): string => [line, ...fields, ""].join("\r\n");

function write(text: string, body: Reframed = "as it came", addsHsts = false): string {
  const head = new ResponseHead();
  expect(head.read(Buffer.from(`..${text}..`, "latin1"), 2, 2 + text.length, false)).toBe(2 + text.length);
  copyResponseHead(writer, head, body, addsHsts);
  return writer.bytes.toString("latin1", 0, writer.length);
}

test("what an upstream says goes on byte for byte", () => {
  const lines = [
    "Set-Cookie: a=1",
    "set-cookie:b=\xfc ",
    'ETag: "x"',
    "Transfer-Encoding: chunked",
    "Vary: Cookie",
    "Strict-Transport-Security: max-age=1",
    "Host: odd",
  ];
  expect(write(responseOf("HTTP/1.1 299 \xfcber all", ...lines))).toBe(passed("HTTP/1.1 299 \xfcber all", ...lines));
});

test.each([
  { name: "HTTP/1.0", line: "HTTP/1.0 200 HTTP/1.0", becomes: "HTTP/1.1 200 HTTP/1.0" },
  { name: "HTTP/1.1", line: "HTTP/1.1 404", becomes: "HTTP/1.1 404" },
])("clients are spoken to in HTTP/1.1, whatever the upstream speaks: $name", ({ line, becomes }) => {
  expect(write(responseOf(line, "A: 1"))).toBe(passed(becomes, "A: 1"));
  expect(write(responseOf(line, "Connection: close", "A: 1"))).toBe(passed(becomes, "A: 1"));
  expect(write(responseOf(line))).toBe(passed(becomes));
});

test.each([
  {
    name: "the connection's own",
    fields: ["Connection: keep-alive", "Keep-Alive: timeout=5", "Upgrade: h2c", "Proxy-Connection: x", "TE: y"],
  },
  { name: "those of proxies", fields: ["Proxy-Authenticate: a", "Proxy-Authorization: b"] },
  { name: "those that Connection names", fields: ["X-Hop: 1", "Connection: close, X-HOP"] },
  { name: "another id than ours", fields: ["X-Request-Id: 1", "x_request_id: 2"] },
  { name: "framing that is spelled otherwise", fields: ["Content_Length: 3", "transfer_encoding: chunked"] },
])("ends here: $name", ({ fields }) => {
  const between = fields.flatMap((field, index) => [field, `X-${index}: stays`]);
  const stays = between.filter((field) => field.endsWith(": stays"));
  expect(write(responseOf("HTTP/1.1 200 OK", ...between))).toBe(passed("HTTP/1.1 200 OK", ...stays));
  expect(write(responseOf("HTTP/1.1 200 OK", ...stays, ...fields))).toBe(passed("HTTP/1.1 200 OK", ...stays));
});

test("a length beside no body ends here where the status has none", () => {
  expect(write(responseOf("HTTP/1.1 204 No Content", "Content-Length: 0"))).toBe(passed("HTTP/1.1 204 No Content"));
  expect(write(responseOf("HTTP/1.1 304 Not Modified", "Content-Length: 9"))).toBe(
    passed("HTTP/1.1 304 Not Modified", "Content-Length: 9"),
  );
});

test("Connection cannot take away the length", () => {
  const fields = ["Content-Length: 3"];
  expect(write(responseOf("HTTP/1.1 200 OK", ...fields, "Connection: content-length"))).toBe(
    passed("HTTP/1.1 200 OK", ...fields),
  );
});

test("a policy's Strict-Transport-Security takes the place of the upstream's", () => {
  const text = responseOf("HTTP/1.1 200 OK", "Strict-Transport-Security: max-age=1", "A: 1");
  expect(write(text, "as it came", true)).toBe(passed("HTTP/1.1 200 OK", "A: 1"));
});

test("a client of HTTP/1.0 is not told of chunks", () => {
  const text = responseOf("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", 'ETag: "a"', "Vary: b");
  expect(write(text, "without chunks")).toBe(passed("HTTP/1.1 200 OK", 'ETag: "a"', "Vary: b"));
});

test.each([
  { name: "a length", fields: ["Content-Length: 3"], tag: [], vary: "Accept-Encoding" },
  { name: "chunks", fields: ["Transfer-Encoding: chunked"], tag: [], vary: "Accept-Encoding" },
  { name: "ranges", fields: ["Accept-Ranges: bytes"], tag: [], vary: "Accept-Encoding" },
  { name: "a strong validator", fields: ['ETag: "a"'], tag: ['ETag: W/"a"'], vary: "Accept-Encoding" },
  { name: "a weak validator", fields: ['etag: W/"a"'], tag: ['ETag: W/"a"'], vary: "Accept-Encoding" },
  {
    name: "what it varies with",
    fields: ["Vary: Cookie", "vary: Accept"],
    tag: [],
    vary: "Cookie, Accept, Accept-Encoding",
  },
  { name: "a coding that is none", fields: ["Content-Encoding: identity"], tag: [], vary: "Accept-Encoding" },
])("an answer that is compressed here says so, with $name", ({ fields, tag, vary }) => {
  const text = responseOf("HTTP/1.1 200 OK", "Content-Type: text/html", ...fields, "X-A: 1");
  const ours = [...tag, `Vary: ${vary}`, "Content-Encoding: br", "Transfer-Encoding: chunked"];
  expect(write(text, { encoding: "br" })).toBe(passed("HTTP/1.1 200 OK", "Content-Type: text/html", "X-A: 1", ...ours));
});

test("lines of our own follow", () => {
  const start = write(responseOf("HTTP/1.1 101 S", "A: 1"));
  for (const add of [addClose, addKeepAlive, addWebSocket, addRequestIdName]) add(writer);
  expect(writer.bytes.toString("latin1", start.length, writer.length)).toBe(
    "Connection: close\r\nConnection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: ",
  );
});
