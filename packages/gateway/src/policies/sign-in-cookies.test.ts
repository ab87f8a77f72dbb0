import { describe, expect, test } from "bun:test";
import { deriveKey } from "@homeport/kit/crypto.ts";
import { APP_SECRET, HOST, SCOPE } from "../../test/gate-stand-in.ts";
import {
  GATE_COOKIE_MS,
  GATE_COOKIES,
  gateCookieFor,
  readGateCookie,
  readState,
  stateCookieFor,
} from "./sign-in-cookies.ts";

const key = deriveKey(APP_SECRET, "gate cookie");
const place = { host: HOST, scope: SCOPE };
const now = new Date("2026-01-01T00:00:00Z");
const sessionId = Bun.randomUUIDv7();
const pairOf = (setCookie: string): string => setCookie.split(";")[0] ?? "";
const cookie = pairOf(gateCookieFor(key, sessionId, "https", place, now));
const read = (cookies: string | null, at = now, scheme: "http" | "https" = "https", where = place) =>
  readGateCookie(key, cookies, scheme, where, at);

describe("the cookie of a gate", () => {
  test("is kept from scripts and other sites, and over https bound to its host", () => {
    const flags = (scheme: "http" | "https") => gateCookieFor(key, sessionId, scheme, place, now).split("; ").slice(1);
    expect(flags("https")).toEqual(["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200"]);
    expect(flags("http")).toEqual(["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=43200"]);
    expect(cookie).toStartWith("__Host-homeport-gate=");
    expect(gateCookieFor(key, sessionId, "http", place, now)).toStartWith("homeport-gate=");
  });

  test("names the session, among other cookies, for twelve hours", () => {
    expect(read(`a=b; ${cookie}; c=d`)).toBe(sessionId);
    expect(read(cookie, new Date(now.getTime() + GATE_COOKIE_MS - 1))).toBe(sessionId);
    expect(read(cookie, new Date(now.getTime() + GATE_COOKIE_MS))).toBeNull();
  });

  const plain = pairOf(gateCookieFor(key, sessionId, "http", place, now));
  const foreign = pairOf(gateCookieFor(deriveKey(APP_SECRET, "gate ticket"), sessionId, "https", place, now));
  const rows: { name: string; got: () => string | null }[] = [
    { name: "no cookies", got: () => read(null) },
    { name: "an empty one", got: () => read("__Host-homeport-gate=") },
    { name: "a made-up one", got: () => read("__Host-homeport-gate=eyJhIjoxfQ.AAAA") },
    { name: "an altered one", got: () => read(`${cookie.slice(0, -1)}${cookie.endsWith("A") ? "B" : "A"}`) },
    { name: "one of another key", got: () => read(foreign) },
    { name: "one of another host", got: () => read(cookie, now, "https", { ...place, host: "other.apps.example" }) },
    { name: "one of another policy", got: () => read(cookie, now, "https", { ...place, scope: HOST }) },
    { name: "one for http, over https", got: () => read(plain) },
    { name: "one for https, over http", got: () => read(cookie, now, "http") },
    { name: "one whose name only ends so", got: () => read(`x${cookie}`) },
  ];
  for (const { name, got } of rows) test(`${name} proves nothing`, () => expect(got()).toBeNull());

  test("is found behind some that were planted", () => {
    const planted = "__Host-homeport-gate=planted; ".repeat(3);
    expect(read(planted + cookie)).toBe(sessionId);
    expect(read(planted.repeat(100) + cookie)).toBeNull(); // work has a bound
  });

  test("is among the names that no upstream sees, in both spellings, with the one of the way", () => {
    expect(GATE_COOKIES.toSorted()).toEqual([
      "__Host-homeport-gate",
      "__Host-homeport-gate-state",
      "homeport-gate",
      "homeport-gate-state",
    ]);
  });
});

test("the state of the way is read back, and only in our form", () => {
  const state = "A".repeat(22);
  expect(stateCookieFor(state, "https", 60_000)).toBe(
    `__Host-homeport-gate-state=${state}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60`,
  );
  expect(readState(`a=b; homeport-gate-state=${state}`, "http")).toBe(state);
  expect(readState(`homeport-gate-state=${state}`, "https")).toBeNull();
  expect(readState("homeport-gate-state=short", "http")).toBeNull();
});
