import { expect, test } from "bun:test";
import { Redirect } from "@homeport/kit/registry/policy.ts";
import fc from "fast-check";
import { requestOf } from "../../test/policy-request.ts";
import { Redirects } from "./redirects.ts";

type Input = { from: string; to: string; status?: 301 | 302 | 307 | 308 };

const redirects = (...rules: Input[]) => new Redirects(rules.map((rule) => Redirect.parse(rule)));

const locationOf = (rules: Redirects, target: string): string | null =>
  rules.answer(requestOf({ target, scheme: "https" }))?.headers.find(([name]) => name === "location")?.[1] ?? null;

test.each([
  { name: "a path", from: "/old", to: "/new", target: "/old", location: "/new" },
  { name: "a path, dropping the query", from: "/old", to: "/new", target: "/old?a=1", location: "/new" },
  { name: "no other path", from: "/old", to: "/new", target: "/old/", location: null },
  { name: "no other case", from: "/old", to: "/new", target: "/Old", location: null },
  {
    name: "a path to another site",
    from: "/old",
    to: "https://x.example",
    target: "/old",
    location: "https://x.example/",
  },
  { name: "a tree", from: "/old/*", to: "/new/*", target: "/old/a/b?c=d", location: "/new/a/b?c=d" },
  { name: "the top of a tree", from: "/old/*", to: "/new/*", target: "/old?c=d", location: "/new?c=d" },
  { name: "the folder of a tree", from: "/old/*", to: "/new/*", target: "/old/", location: "/new/" },
  { name: "no neighbour of a tree", from: "/old/*", to: "/new/*", target: "/older", location: null },
  { name: "a tree to one page", from: "/old/*", to: "/gone?from=old", target: "/old/a?b", location: "/gone?from=old" },
  { name: "a site", from: "/*", to: "https://x.example/*", target: "/a?b=c", location: "https://x.example/a?b=c" },
  { name: "the top of a site", from: "/*", to: "https://x.example/*", target: "/", location: "https://x.example/" },
  {
    name: "below another site",
    from: "/*",
    to: "https://x.example/y/*",
    target: "/a",
    location: "https://x.example/y/a",
  },
  { name: "a tree to the top", from: "/old/*", to: "/*", target: "/old/a", location: "/a" },
  { name: "the top of a tree to the top", from: "/old/*", to: "/*", target: "/old", location: "/" },
  {
    name: "escapes as they are",
    from: "/old/*",
    to: "/new/*",
    target: "/old/%2fa%20b?%3d",
    location: "/new/%2fa%20b?%3d",
  },
  { name: "bytes beyond ASCII", from: "/old/*", to: "/new/*", target: "/old/\u00c3\u00a9", location: "/new/%C3%A9" },
  {
    name: "a foreign name",
    from: "/old",
    to: "https://bücher.example/a",
    target: "/old",
    location: "https://xn--bcher-kva.example/a",
  },
  { name: "not the asterisk of OPTIONS", from: "/*", to: "https://x.example/*", target: "*", location: null },
])("sends on $name", ({ from, to, target, location }) => {
  expect(locationOf(redirects({ from, to }), target)).toBe(location);
});

test("the first rule that fits answers, with its status", () => {
  const rules = redirects({ from: "/a", to: "/b", status: 302 }, { from: "/*", to: "/c" });
  expect(rules.answer(requestOf({ target: "/a" }))?.status).toBe(302);
  expect(rules.answer(requestOf({ target: "/d" }))?.status).toBe(308);
});

test.each([
  { name: "a page to itself", from: "/*", to: "/maintenance", target: "/maintenance" },
  { name: "a tree into itself", from: "/*", to: "/new/*", target: "/new/a" },
  { name: "a tree to itself", from: "/a/*", to: "/a/*", target: "/a/b" },
  { name: "the top of a tree to itself", from: "/a", to: "/a/*", target: "/a" },
  { name: "a site to itself", from: "/*", to: "https://shop.example/*", target: "/a" },
  { name: "a site to itself, by its port", from: "/*", to: "https://SHOP.example:443/*", target: "/a" },
])("a rule does not send $name for ever", ({ from, to, target }) => {
  expect(locationOf(redirects({ from, to }), target)).toBeNull();
});

test.each([
  { name: "another scheme", to: "http://shop.example/*" },
  { name: "another port", to: "https://shop.example:8443/*" },
  { name: "another host", to: "https://www.shop.example/*" },
])("the same path at $name is another place", ({ to }) => {
  expect(locationOf(redirects({ from: "/*", to }), "/a")).toBe(`${new URL(to).origin}/a`);
});

test("a tree may move up", () => {
  expect(locationOf(redirects({ from: "/a/b/*", to: "/a/*" }), "/a/b/c")).toBe("/a/c");
});

/** The characters that URL parsers disagree about. */
const nasty = fc.string({ unit: fc.constantFrom(..."/\\\t\r\n .@:?#%2fe5c\u00a0ab"), maxLength: 12 });

test("a rule with a path never leads to another site", () => {
  const to = nasty.map((rest) => `/${rest}`);
  fc.assert(
    fc.property(fc.constantFrom("/old/*", "/*", "/old"), to, fc.boolean(), nasty, (from, path, keepsRest, rest) => {
      const parsed = Redirect.safeParse({ from, to: keepsRest ? `${path}/*` : path });
      fc.pre(parsed.success);
      const location = locationOf(redirects(parsed.data as Input), `/old${rest === "" ? "" : `/${rest}`}`);
      fc.pre(location !== null);
      expect(location).toMatch(/^[\x21-\x7e]+$/);
      expect(new URL(location, "https://shop.example/deep/page").origin).toBe("https://shop.example");
    }),
    { numRuns: 5_000 },
  );
});

test("a rule with a host never leads to another host", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("https://x.example/*", "https://x.example/y/*", "https://x.example"),
      nasty,
      (to, rest) => {
        const location = locationOf(redirects({ from: "/old/*", to }), `/old/${rest}`);
        expect(location).toMatch(/^[\x21-\x7e]+$/);
        expect(new URL(location ?? "").origin).toBe("https://x.example");
      },
    ),
    { numRuns: 5_000 },
  );
});

test("what one rule sends away another one brings back unchanged", () => {
  const away = redirects({ from: "/old/*", to: "/new/*" });
  const back = redirects({ from: "/new/*", to: "/old/*" });
  const segment = fc.string({ unit: fc.constantFrom(..."abc-._~!$&'()*+,;=:@%2F/"), maxLength: 10 });
  fc.assert(
    fc.property(segment, segment, (path, query) => {
      const target = `/old/${path}?${query}`;
      expect(locationOf(back, locationOf(away, target) ?? "")).toBe(target);
    }),
  );
});
