import { expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { endedCookie, pendingCookie, pendingOf, sessionCookie } from "./cookie.ts";

const flags = (cookie: string) => cookie.split("; ").slice(1).sort();

test("over http the cookie is kept from scripts and from other sites' writes", () => {
  const cookie = sessionCookie(new Secret("abc"), "http://localhost:3000");
  expect(cookie).toStartWith("homeport=abc; ");
  expect(flags(cookie)).toEqual(["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax"]);
});

test("over https it is bound to this host besides, which takes Secure, Path=/ and no Domain", () => {
  const cookie = sessionCookie(new Secret("abc"), "https://cloud.example.com");
  expect(cookie).toStartWith("__Host-homeport=abc; ");
  expect(flags(cookie)).toEqual(["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax", "Secure"]);
});

test("a browser forgets it under the same name and flags", () => {
  expect(endedCookie("http://localhost:3000")).toBe("homeport=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
  expect(endedCookie("https://x.example")).toStartWith("__Host-homeport=; Path=/; HttpOnly; SameSite=Lax; Secure;");
});

test("what waits for the second factor is kept the same way, under a name of its own, for ten minutes", () => {
  for (const [origin, name, secure] of [
    ["http://localhost:3000", "homeport-sign-in", []],
    ["https://cloud.example.com", "__Host-homeport-sign-in", ["Secure"]],
  ] as const) {
    const cookie = pendingCookie(new Secret("abc"), origin);
    expect(cookie).toStartWith(`${name}=abc; `);
    expect(flags(cookie)).toEqual(["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", ...secure]);
    expect(pendingOf(new Headers({ cookie: `homeport=x; ${name}=abc` }), origin)?.reveal()).toBe("abc");
    expect(pendingOf(new Headers({ cookie: "homeport=x" }), origin)).toBeNull();
  }
});
