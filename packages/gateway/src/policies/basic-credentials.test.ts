import { expect, test } from "bun:test";
import fc from "fast-check";
import { readBasic } from "./basic-credentials.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  { name: "a name and a password", header: basic("ada:lovelace"), credentials: { name: "ada", password: "lovelace" } },
  {
    name: "the scheme in any case",
    header: basic("a:b").replace("Basic", "bASIC"),
    credentials: { name: "a", password: "b" },
  },
  { name: "no padding", header: basic("ada:12").replaceAll("=", ""), credentials: { name: "ada", password: "12" } },
  { name: "a password with colons", header: basic("ada:a:b:"), credentials: { name: "ada", password: "a:b:" } },
  { name: "an empty password", header: basic("ada:"), credentials: { name: "ada", password: "" } },
  {
    name: "characters beyond ASCII",
    header: basic("jürgen:pässwört☕"),
    credentials: { name: "jürgen", password: "pässwört☕" },
  },
  { name: "no colon", header: basic("ada"), credentials: null },
  { name: "a line break", header: basic("ada:love\nlace"), credentials: null },
  { name: "a NUL", header: basic("ada\0:lovelace"), credentials: null },
  { name: "no base64", header: "Basic ada:lovelace", credentials: null },
  { name: "more behind it", header: `${basic("a:b")}, Bearer x`, credentials: null },
  { name: "a password without end", header: basic(`ada:${"x".repeat(257)}`), credentials: null },
  { name: "another scheme", header: "Bearer YTpi", credentials: null },
  { name: "nothing", header: "Basic", credentials: null },
  { name: "no header", header: null, credentials: null },
])("reads $name", ({ header, credentials }) => {
  expect(readBasic(header)).toEqual(credentials);
});

test("a name and password are read as any client writes them", () => {
  const printable = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replace(/\p{Cc}/gu, ""));
  fc.assert(
    fc.property(printable, printable, (left, password) => {
      const name = left.replaceAll(":", "");
      expect(readBasic(basic(`${name}:${password}`))).toEqual({ name, password });
    }),
  );
});
