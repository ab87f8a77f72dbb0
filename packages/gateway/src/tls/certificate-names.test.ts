import { expect, test } from "bun:test";
import { certificateNames, wildcardOf } from "./certificate-names.ts";

const NAMES = [
  { name: "one", text: "DNS:shop.test", is: ["shop.test"] },
  {
    name: "several, once each",
    text: "DNS:Shop.TEST, DNS:*.Shop.test, DNS:shop.test",
    is: ["shop.test", "*.shop.test"],
  },
  {
    name: "other kinds are left out",
    text: "IP Address:127.0.0.1, email:a@b.test, URI:http://c.test/, DNS:d.test",
    is: ["d.test"],
  },
  { name: "a quoted value is one value", text: 'URI:"http://a.test/, DNS:evil.test", DNS:b.test', is: ["b.test"] },
  { name: "with quotes in it as well", text: 'DNS:"a\\", DNS:evil.test", DNS:b.test', is: ["b.test"] },
  { name: "no host can have them", text: 'DNS:a*.test, DNS:*.*.test, DNS:, DNS:-a.test, DNS:"b\\u00fc.test"', is: [] },
  { name: "none", text: "", is: [] },
];

test.each(NAMES)("names of a certificate: $name", ({ text, is }) => {
  expect(certificateNames(text)).toEqual(is);
});

test("a wildcard stands for one label", () => {
  expect(wildcardOf("a.b.test")).toBe("*.b.test");
  expect(wildcardOf("test")).toBeNull();
});
