import { beforeEach, expect, test } from "bun:test";
import type { RateLimit } from "@homeport/kit/registry/policy.ts";
import { headerOf, type RequestParts, requestOf } from "../../test/policy-request.ts";
import { rateLimitCheck } from "./rate-limit-check.ts";
import { RateLimits } from "./rate-limits.ts";

const START = 6_000_000;
const perAddress: RateLimit = { requests: 2, windowSeconds: 60, per: "address" };
const perUser: RateLimit = { ...perAddress, per: "user" };

let limits: RateLimits;
let now: number;

beforeEach(() => {
  now = START;
  limits = new RateLimits(null, { now: () => now });
});

const asker = (rules: RateLimit, scope = "shop.example") => {
  const check = rateLimitCheck(scope, rules, limits);
  return (parts: RequestParts = {}): boolean => check(requestOf(parts)).kind === "pass";
};

const askTimes = (ask: (parts: RequestParts) => boolean, count: number, partsOf: (index: number) => RequestParts) =>
  Array.from({ length: count }, (_, index) => ask(partsOf(index))).filter(Boolean).length;

test("every answer says what is left, and the one that refuses when to come back", () => {
  const check = rateLimitCheck("shop.example", perAddress, limits);
  now += 20_000;
  const [first, second, third] = [check(requestOf()), check(requestOf()), check(requestOf())];
  for (const outcome of [first, second, third]) {
    expect(headerOf(outcome, "ratelimit-policy")).toBe('"gateway";q=2;w=60');
  }
  expect([first, second].map((outcome) => headerOf(outcome, "ratelimit"))).toEqual([
    '"gateway";r=1;t=40',
    '"gateway";r=0;t=40',
  ]);
  expect(third).toMatchObject({ kind: "answer", reply: { status: 429 } });
  expect(headerOf(third, "ratelimit")).toBe('"gateway";r=0;t=41');
  expect(headerOf(third, "retry-after")).toBe("41");
  now += 41_000;
  expect(check(requestOf()).kind).toBe("pass");
});

test("addresses, networks and hosts are counted apart", () => {
  const [ask, elsewhere] = [asker(perAddress), asker(perAddress, "blog.example")];
  expect(askTimes(ask, 5, () => ({ clientAddress: "192.0.2.1" }))).toBe(2);
  expect(askTimes(ask, 5, () => ({ clientAddress: "::ffff:192.0.2.1" }))).toBe(0);
  expect(askTimes(ask, 5, () => ({ clientAddress: "192.0.2.2" }))).toBe(2);
  expect(askTimes(ask, 5, (index) => ({ clientAddress: `2001:db8:0:1::${index}` }))).toBe(2);
  expect(askTimes(ask, 5, () => ({ clientAddress: "2001:db8:0:2::1" }))).toBe(2);
  expect(askTimes(elsewhere, 5, () => ({ clientAddress: "192.0.2.1" }))).toBe(2);
});

test("per address, a session changes nothing", () => {
  expect(askTimes(asker(perAddress), 5, (index) => ({ headers: { cookie: `homeport=session${index}` } }))).toBe(2);
});

test.each<{ name: string; parts: RequestParts }>([
  { name: "a session over http", parts: { headers: { cookie: "a=b; homeport=session" } } },
  { name: "a session over https", parts: { scheme: "https", headers: { cookie: "__Host-homeport=session" } } },
  { name: "a token", parts: { headers: { authorization: "Bearer hp_token" } } },
])("per user, who shows $name is one user at any address, apart from others there", ({ parts }) => {
  const ask = asker(perUser);
  expect(askTimes(ask, 5, (index) => ({ ...parts, clientAddress: `192.0.2.${index}` }))).toBe(2);
  expect(askTimes(ask, 5, () => ({ clientAddress: "192.0.2.1" }))).toBe(2);
});

test.each<{ name: string; parts: RequestParts }>([
  { name: "nothing", parts: {} },
  { name: "the cookie that any subdomain can set", parts: { scheme: "https", headers: { cookie: "homeport=x" } } },
  { name: "an empty session", parts: { headers: { cookie: "homeport=" } } },
  { name: "a password", parts: { headers: { authorization: "Basic YTpi" } } },
])("per user, who shows $name is counted by address", ({ parts }) => {
  const ask = asker(perUser);
  expect(askTimes(ask, 3, () => ({ ...parts, clientAddress: "192.0.2.1" }))).toBe(2);
  expect(askTimes(ask, 3, () => ({ ...parts, clientAddress: "192.0.2.2" }))).toBe(2);
});

test("inventing a new session for each request does not go on for ever", () => {
  const ask = asker(perUser);
  expect(askTimes(ask, 1_000, (index) => ({ headers: { authorization: `Bearer invented${index}` } }))).toBe(50 + 2);
  expect(ask({ headers: { authorization: "Bearer invented0" } })).toBe(true); // who was known before is still counted alone
  expect(ask({ clientAddress: "192.0.2.2", headers: { authorization: "Bearer other" } })).toBe(true);
});

test("what is remembered of a session does not show it", () => {
  asker(perUser)({ headers: { cookie: "homeport=very-secret-session" } });
  expect(Bun.inspect(limits, { depth: 10 })).not.toContain("very-secret-session");
});
