import { expect, test } from "bun:test";
import { readSticky, setCookie, stickyValue } from "./sticky.ts";

const value = stickyValue("replica-1", "shop");

test.each([
  { name: "alone", cookie: `homeport-replica=${value}`, found: true },
  { name: "among others", cookie: `a=b; homeport-replica=${value}; c=d`, found: true },
  { name: "without spaces", cookie: `a=b;homeport-replica=${value};c=d`, found: true },
  { name: "on a line of its own", cookie: `a=b, homeport-replica=${value}`, found: true },
  { name: "as the end of another name", cookie: `my-homeport-replica=${value}`, found: false },
  { name: "too long", cookie: `homeport-replica=${value}0`, found: false },
  { name: "too short", cookie: `homeport-replica=${value.slice(1)}`, found: false },
  { name: "of other characters", cookie: "homeport-replica=replica-1-is-me!", found: false },
  { name: "empty", cookie: "", found: false },
  { name: "absent", cookie: null, found: false },
])("a cookie that is $name is read: $found", ({ cookie, found }) => {
  expect(readSticky(cookie)).toBe(found ? value : null);
});

test("a value tells replicas and routes apart and does not show them", () => {
  expect(value).toMatch(/^[0-9a-f]{16}$/);
  expect(stickyValue("replica-2", "shop")).not.toBe(value);
  expect(stickyValue("replica-1", "blog")).not.toBe(value);
  expect(stickyValue("replica-1s", "hop")).not.toBe(value);
});

test("the cookie is for the browser's session, the whole host, and nobody's scripts", () => {
  expect(setCookie(value, "http")).toBe(`homeport-replica=${value}; Path=/; HttpOnly; SameSite=Lax`);
  expect(setCookie(value, "https")).toBe(`homeport-replica=${value}; Path=/; HttpOnly; SameSite=Lax; Secure`);
});

test("what was set is read again", () => {
  expect(readSticky(setCookie(value, "https").split(";", 1)[0] ?? "")).toBe(value);
});
