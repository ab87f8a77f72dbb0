import { expect, test } from "bun:test";
import { CLOSE, KEEP_ALIVE, readConnectionOptions, UPGRADE_OPTION } from "./connection-options.ts";
import { FieldList, MALFORMED } from "./field-list.ts";
import { HOP, REQUEST_FIELDS } from "./fields.ts";
import { RequestHead } from "./request-head.ts";

/** The flags, and the names of the fields that end here besides those that always do. */
function optionsOf(...lines: string[]): { options: number; dropped: string[] } {
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const fields = new FieldList();
  expect(fields.read(bytes, 0, bytes.length, REQUEST_FIELDS)).toBe(bytes.length);
  const options = readConnectionOptions(bytes, fields);
  const dropped = Array.from({ length: fields.count }, (_, index) => index)
    .filter((index) => fields.kind(index) === HOP)
    .map((index) => bytes.toString("latin1", fields.line(index), fields.nameEnd(index)));
  return { options, dropped };
}

test.each([
  { name: "no field", lines: ["A: close"], options: 0 },
  { name: "close", lines: ["Connection: close"], options: CLOSE },
  { name: "any case", lines: ["connection: CLOSE"], options: CLOSE },
  { name: "keep-alive", lines: ["Connection: Keep-Alive"], options: KEEP_ALIVE },
  { name: "a list", lines: ["Connection:upgrade ,\tkeep-alive"], options: UPGRADE_OPTION | KEEP_ALIVE },
  { name: "a list without blanks", lines: ["Connection: upgrade,keep-alive"], options: UPGRADE_OPTION | KEEP_ALIVE },
  { name: "empty members", lines: ["Connection: ,, close,"], options: CLOSE },
  { name: "several fields", lines: ["Connection: close", "Connection: upgrade"], options: CLOSE | UPGRADE_OPTION },
  { name: "an empty field", lines: ["Connection:"], options: 0 },
  { name: "words that only begin alike", lines: ["Connection: closed, clos, keep-alives"], options: 0 },
  { name: "words with blanks in them", lines: ["Connection: close x, x close"], options: 0 },
])("reads $name", ({ lines, options }) => {
  expect(optionsOf(...lines).options).toBe(options);
});

test.each<{ name: string; lines: string[]; dropped: string[] }>([
  { name: "a field that is named", lines: ["X-A: 1", "Connection: x-a", "X-B: 2"], dropped: ["X-A"] },
  { name: "all of its lines", lines: ["X-A: 1", "Connection: close, X-A", "x-a: 2"], dropped: ["X-A", "x-a"] },
  { name: "names of two fields", lines: ["Connection: a", "A: 1", "Connection: b", "B: 2"], dropped: ["A", "B"] },
  { name: "no name that is longer", lines: ["Connection: x-a", "X-A-B: 1", "X: 2"], dropped: [] },
  {
    name: "what a policy reads",
    lines: ["Connection: cookie, authorization", "Cookie: a", "Authorization: b"],
    dropped: ["Cookie", "Authorization"],
  },
  { name: "no address of a proxy", lines: ["Connection: x_forwarded_for", "X-Forwarded-For: 192.0.2.1"], dropped: [] },
  {
    name: "nothing that frames or routes",
    lines: [
      "Connection: host, content-length, transfer-encoding, connection, upgrade, expect",
      "Host: a",
      "Content-Length: 1",
      "Transfer-Encoding: chunked",
      "Upgrade: b",
      "Expect: c",
    ],
    dropped: [],
  },
  {
    name: "what always ends here",
    lines: ["TE: trailers", "Keep-Alive: 5", "Proxy-Connection: x"],
    dropped: ["TE", "Keep-Alive", "Proxy-Connection"],
  },
])("drops $name", ({ lines, dropped }) => {
  expect(optionsOf(...lines).dropped).toEqual(dropped);
});

test("more options than anybody means are refused, before they cost anything", () => {
  const head = (options: string) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${options}\r\n\r\n`;
  const read = (text: string) => new RequestHead().read(Buffer.from(text), 0, text.length);
  expect(read(head(Array.from({ length: 32 }, () => "x").join(",")))).toBeGreaterThan(0);
  expect(read(head(Array.from({ length: 33 }, () => "x").join(",")))).toBe(MALFORMED);
});
