import { expect, test } from "bun:test";
import type { Digest } from "./digest.ts";
import { isRepositoryName, isTag, parseImageReference } from "./repository.ts";

const NAMES = [
  { name: "home/api", valid: true },
  { name: "home/shop/api", valid: true },
  { name: "home/a.b_c__d--e/x", valid: true },
  { name: "api", valid: false },
  { name: "home/", valid: false },
  { name: "/api", valid: false },
  { name: "home//api", valid: false },
  { name: "home/../api", valid: false },
  { name: "home/Api", valid: false },
  { name: "home/a___b", valid: false },
  { name: "home/-a", valid: false },
  { name: "home/a\n", valid: false },
  { name: `home/${"a".repeat(250)}`, valid: true },
  { name: `home/${"a".repeat(251)}`, valid: false },
];
test.each(NAMES)("$name is a repository: $valid", ({ name, valid }) => {
  expect(isRepositoryName(name)).toBe(valid);
});

const TAGS = [
  { tag: "latest", valid: true },
  { tag: "_1.0-RC", valid: true },
  { tag: "a".repeat(128), valid: true },
  { tag: "a".repeat(129), valid: false },
  { tag: "-a", valid: false },
  { tag: "a/b", valid: false },
  { tag: "", valid: false },
];
test.each(TAGS)("$tag is a tag: $valid", ({ tag, valid }) => {
  expect(isTag(tag)).toBe(valid);
});

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const REFERENCES = [
  { text: "home/api", parsed: { name: "home/api", reference: { tag: "latest" } } },
  { text: "home/api:1.2", parsed: { name: "home/api", reference: { tag: "1.2" } } },
  { text: `home/api@${DIGEST}`, parsed: { name: "home/api", reference: { digest: DIGEST } } },
  { text: "home/api@1.2", parsed: null },
  { text: `home/api:${DIGEST}`, parsed: null },
  { text: "home/api:", parsed: null },
  { text: "nginx", parsed: null },
  { text: "localhost:3000/home/api:1", parsed: null },
];
test.each(REFERENCES)("the image reference $text", ({ text, parsed }) => {
  expect(parseImageReference(text)).toEqual(parsed);
});
