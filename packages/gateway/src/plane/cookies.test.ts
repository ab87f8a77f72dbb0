import { expect, test } from "bun:test";
import { cookieOf, withoutCookies } from "./cookies.ts";

test.each([
  { name: "one of several", value: "a=1; gate=x; b=2", names: ["gate"], kept: "a=1; b=2" },
  { name: "the only one", value: "gate=x", names: ["gate"], kept: "" },
  { name: "all of its name", value: "gate=x; a=1;gate=y", names: ["gate"], kept: "a=1" },
  { name: "several names", value: "a=1; b=2; c=3", names: ["a", "c"], kept: "b=2" },
  { name: "one without blanks", value: "a=1;gate=x;b=2", names: ["gate"], kept: "a=1; b=2" },
  { name: "one with a blank behind its name", value: "a=1; gate =x; b=2", names: ["gate"], kept: "a=1; b=2" },
  { name: "one with an equals sign in its value", value: "gate=x=y==; a=b=c", names: ["gate"], kept: "a=b=c" },
  { name: "one without a value", value: "gate; a=1; gate=", names: ["gate"], kept: "a=1" },
  { name: "none that is called in another case", value: "Gate=x", names: ["gate"], kept: "Gate=x" },
  {
    name: "none whose name only begins alike",
    value: "gates=x; __Host-gate=y; gat=z",
    names: ["gate"],
    kept: "gates=x; __Host-gate=y; gat=z",
  },
  { name: "none whose value looks alike", value: 'a="gate=x"; b=gate', names: ["gate"], kept: 'a="gate=x"; b=gate' },
  { name: "empty members", value: "; a=1;; ;b=2;", names: [], kept: "a=1; b=2" },
])("takes away $name", ({ value, names, kept }) => {
  expect(withoutCookies(value, names)).toBe(kept);
});

test.each([
  { name: "one of several", value: "a=1; b=2; c=3", found: "2" },
  { name: "the first of two", value: "b=first; b=second", found: "first" },
  { name: "one without blanks", value: "a=1;b=2", found: "2" },
  { name: "one with blanks", value: "a=1; \tb = 2 ;c=3", found: "2" },
  { name: "one with an equals sign in its value", value: "b=x=y=", found: "x=y=" },
  { name: "an empty one", value: "b=", found: "" },
  { name: "none without an equals sign", value: "b", found: null },
  { name: "none of another name", value: "B=1; bb=2; a=b", found: null },
  { name: "none in nothing", value: "", found: null },
])("finds $name", ({ value, found }) => {
  expect(cookieOf(value, "b")).toBe(found);
});
