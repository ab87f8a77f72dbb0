import { expect, test } from "bun:test";
import { HOME, safeNext } from "./next-path.ts";

const rows: { name: string; next: string | undefined; goes: string }[] = [
  { name: "a page with its query", next: "/projects/shop?before=1&x=%20", goes: "/projects/shop?before=1&x=%20" },
  { name: "the root", next: "/", goes: "/" },
  { name: "nothing", next: undefined, goes: HOME },
  { name: "an empty text", next: "", goes: HOME },
  { name: "another site", next: "https://evil.example/", goes: HOME },
  { name: "another host", next: "//evil.example", goes: HOME },
  { name: "another host by backslash", next: "/\\evil.example", goes: HOME },
  { name: "another host behind a tab", next: "/\t/evil.example", goes: HOME },
  { name: "a script", next: "javascript:alert(1)", goes: HOME },
  { name: "a second header", next: "/a\r\nset-cookie: x=1", goes: HOME },
  { name: "text that no header holds", next: "/größe", goes: HOME },
  { name: "sign-in again", next: "/sign-in?next=/sign-in", goes: HOME },
  { name: "signing out", next: "/sign-out", goes: HOME },
  { name: "a path without end", next: `/${"x".repeat(501)}`, goes: HOME },
  {
    name: "a gate",
    next: "/sign-in/gate?host=shop.example&return=%2F",
    goes: "/sign-in/gate?host=shop.example&return=%2F",
  },
  { name: "a gate that is not asked for anything", next: "/sign-in/gate", goes: HOME },
  { name: "a page that only begins like a gate", next: "/sign-in/gate/../x?y", goes: HOME },
  { name: "a gate with a second header", next: "/sign-in/gate?host=x\r\nset-cookie: x=1", goes: HOME },
  { name: "a gate without end", next: `/sign-in/gate?${"x".repeat(5_001)}`, goes: HOME },
];
for (const { name, next, goes } of rows) {
  test(`after signing in, ${name} leads to ${goes}`, () => {
    expect(safeNext(next)).toBe(goes);
    // whatever it is, a browser stays on this host
    expect(new URL(safeNext(next), "http://localhost:3000/sign-in").host).toBe("localhost:3000");
  });
}

test("after signing in, the way to a gate may be longer than other paths: it carries a whole request", () => {
  const next = `/sign-in/gate?request=${"x".repeat(4_000)}`;
  expect(safeNext(next)).toBe(next);
});
