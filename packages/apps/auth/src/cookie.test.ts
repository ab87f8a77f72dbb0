import { expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { endedCookie, sessionCookie } from "./cookie.ts";

const flags = (cookie: string) => cookie.split("; ").slice(1).sort();

test("over http the cookie is kept from scripts and from other sites' writes", () => {
  const cookie = sessionCookie(new Secret("abc"), "http://localhost:3000");
  expect(cookie).toStartWith("homeport=abc; ");
  expect(flags(cookie)).toEqual(["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"]);
});

test("over https it is bound to this host besides, which takes Secure, Path=/ and no Domain", () => {
  const cookie = sessionCookie(new Secret("abc"), "https://cloud.example.com");
  expect(cookie).toStartWith("__Host-homeport=abc; ");
  expect(flags(cookie)).toEqual(["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"]);
});

test("a browser forgets it under the same name and flags", () => {
  expect(endedCookie("http://localhost:3000")).toBe("homeport=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
  expect(endedCookie("https://x.example")).toStartWith("__Host-homeport=; Path=/; HttpOnly; SameSite=Lax; Secure;");
});
