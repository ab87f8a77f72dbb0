import { expect, test } from "bun:test";
import { parseScopes } from "./access.ts";

const SCOPES = [
  { scope: "repository:home/api:pull", parsed: [{ name: "home/api", asked: ["pull"] }] },
  { scope: "repository:home/api:push,pull", parsed: [{ name: "home/api", asked: ["pull", "push"] }] },
  { scope: "repository:home/api:*", parsed: [{ name: "home/api", asked: ["pull", "push", "delete"] }] },
  { scope: "repository(plugin):home/api:pull", parsed: [{ name: "home/api", asked: ["pull"] }] },
  { scope: "repository:home/api:fly", parsed: [{ name: "home/api", asked: [] }] },
  {
    scope: "repository:home/a:pull repository:home/b:push",
    parsed: [
      { name: "home/a", asked: ["pull"] },
      { name: "home/b", asked: ["push"] },
    ],
  },
  {
    scope: "repository:home/a:push repository:home/b:pull repository:home/a:pull,push repository:home/a:fly",
    parsed: [
      { name: "home/a", asked: ["pull", "push"] },
      { name: "home/b", asked: ["pull"] },
    ],
  },
  { scope: "registry:catalog:*", parsed: [] },
  { scope: "repository::pull", parsed: [] },
  { scope: "", parsed: [] },
];
test.each(SCOPES)('the scope "$scope"', ({ scope, parsed }) => {
  expect(parseScopes([scope])).toEqual(parsed as ReturnType<typeof parseScopes>);
});

test("more scopes than a client could need are not looked at", () => {
  expect(parseScopes(Array.from({ length: 1000 }, (_, i) => `repository:home/r${i}:pull`))).toHaveLength(50);
});
