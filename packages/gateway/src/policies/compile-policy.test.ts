import { afterEach, beforeEach, expect, test } from "bun:test";
import { PLATFORM_POLICY, RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { z } from "zod";
import { headerOf, type RequestParts, requestOf, settled, verdictOf } from "../../test/policy-request.ts";
import { BasicAuthCheck } from "./basic-auth.ts";
import { compilePolicy, type PolicyDeps } from "./compile-policy.ts";
import type { PolicyOutcome, SignInGate } from "./policy-request.ts";
import { RateLimits } from "./rate-limits.ts";

const START = 6_000_000;

let rateLimits: RateLimits;
let deps: PolicyDeps;

beforeEach(() => {
  rateLimits = new RateLimits(null, { now: () => START });
  deps = { rateLimits, basicAuth: new BasicAuthCheck(rateLimits), signIn: null, tlsPort: 443 };
});
afterEach(() => rateLimits.close());

const policyOf = (rules: z.input<typeof RoutePolicy>, changed: Partial<PolicyDeps> = {}) =>
  compilePolicy("shop.example", RoutePolicy.parse(rules), { ...deps, ...changed });

const LOGIN = { authorization: `Basic ${Buffer.from("ada:lovelace").toString("base64")}` };
const basicAuth = {
  users: [{ name: "ada", passwordHash: Bun.password.hashSync("lovelace", { algorithm: "bcrypt", cost: 4 }) }],
};

/** A gate that says this, now or later. */
class Gate implements SignInGate {
  asked = 0;
  constructor(private readonly outcome: () => PolicyOutcome) {}

  check(): PolicyOutcome {
    this.asked++;
    return this.outcome();
  }
}

const later = (outcome: PolicyOutcome): PolicyOutcome => ({ kind: "wait", outcome: Promise.resolve(outcome) });

test("a policy that asks for nothing lets everything pass and keeps its rules for the data plane", () => {
  const policy = policyOf({ compress: true, sticky: true, maxBodyBytes: 10 });
  expect(policy.apply(requestOf())).toEqual({ kind: "pass" });
  expect(policy.rules).toEqual({ compress: true, sticky: true, maxBodyBytes: 10 });
});

test("on the platform's own hosts, https only lets the machine itself through: its parts call each other", () => {
  const policy = compilePolicy(PLATFORM_POLICY, RoutePolicy.parse({ httpsOnly: true }), deps);
  expect(policy.apply(requestOf({ clientAddress: "127.0.0.1" })).kind).toBe("pass");
  expect(policy.apply(requestOf({ clientAddress: "::1" })).kind).toBe("pass");
  expect(policy.apply(requestOf({ clientAddress: "192.0.2.1" })).kind).toBe("answer");
  const other = policyOf({ httpsOnly: true }).apply(requestOf({ clientAddress: "127.0.0.1" }));
  expect(other.kind).toBe("answer");
});

test.each<{ name: string; tlsPort: number | null; parts: RequestParts; location: string | null }>([
  { name: "a page", tlsPort: 443, parts: { target: "/a?b" }, location: "https://shop.example/a?b" },
  { name: "a page at another port", tlsPort: 8443, parts: { target: "/a" }, location: "https://shop.example:8443/a" },
  { name: "an address", tlsPort: 443, parts: { hostName: "::1" }, location: "https://[::1]/" },
  { name: "nothing that is secure", tlsPort: 443, parts: { scheme: "https" }, location: null },
  { name: "nothing without a TLS listener", tlsPort: null, parts: {}, location: null },
])("https only sends $name there", ({ tlsPort, parts, location }) => {
  const outcome = policyOf({ httpsOnly: true }, { tlsPort }).apply(requestOf(parts));
  expect(outcome.kind).toBe(location === null ? "pass" : "answer");
  if (outcome.kind === "answer") expect(outcome.reply.status).toBe(308);
  expect(headerOf(outcome, "location")).toBe(location);
});

test("only allowed addresses pass", async () => {
  const policy = policyOf({ allow: ["192.0.2.0/24", "2001:db8::/32"] });
  expect(await verdictOf(policy.apply(requestOf({ clientAddress: "192.0.2.9" })))).toBe("pass");
  expect(await verdictOf(policy.apply(requestOf({ clientAddress: "2001:db8::9" })))).toBe("pass");
  expect(await verdictOf(policy.apply(requestOf({ clientAddress: "198.51.100.1" })))).toBe(403);
  expect(await verdictOf(policy.apply(requestOf({ clientAddress: "" })))).toBe(403);
});

test("maintenance shows its page to everybody but those who work on it", () => {
  const policy = policyOf({
    maintenance: { message: "Back at <noon>.", retryAfterSeconds: 60, except: ["192.0.2.7"] },
  });
  const page = policy.apply(requestOf({ headers: { accept: "text/html" } }));
  expect(page).toMatchObject({ kind: "answer", reply: { status: 503 } });
  expect(headerOf(page, "retry-after")).toBe("60");
  if (page.kind === "answer") expect(page.reply.body).toContain("Back at &#60;noon&#62;.");
  const problem = policy.apply(requestOf());
  if (problem.kind === "answer") expect(JSON.parse(problem.reply.body)).toMatchObject({ code: "maintenance" });
  expect(headerOf(problem, "content-type")).toBe("application/problem+json");
  expect(policy.apply(requestOf({ clientAddress: "192.0.2.7" })).kind).toBe("pass");
});

test("each check is asked before the next one", async () => {
  const gate = new Gate(() => ({ kind: "pass" }));
  const rules: z.input<typeof RoutePolicy> = {
    httpsOnly: true,
    redirects: [{ from: "/old", to: "/new" }],
    allow: ["192.0.2.0/24"],
    maintenance: { except: ["192.0.2.1", "192.0.2.2"] },
    rateLimit: { requests: 3, windowSeconds: 60 },
    basicAuth,
    signIn: {},
  };
  const policy = policyOf(rules, { signIn: gate });
  const ask = (parts: RequestParts) => verdictOf(policy.apply(requestOf({ scheme: "https", ...parts })));
  const stranger = { clientAddress: "198.51.100.1" };
  expect(headerOf(policy.apply(requestOf({ ...stranger, target: "/old" })), "location")).toBe(
    "https://shop.example/old",
  );
  expect(await ask({ ...stranger, target: "/old" })).toBe(308);
  expect(await ask(stranger)).toBe(403);
  for (let index = 0; index < 10; index++) expect(await ask({ clientAddress: "192.0.2.3" })).toBe(503); // not counted
  expect(await ask({})).toBe(401);
  expect(gate.asked).toBe(0);
  expect(await ask({ headers: LOGIN })).toBe("pass");
  expect(gate.asked).toBe(1);
  expect(await ask({})).toBe(401);
  expect(await ask({ headers: LOGIN })).toBe(429);
  expect(gate.asked).toBe(1);
});

test("what the checks said about a request is put together, whether they were waited for or not", async () => {
  const gate = new Gate(() =>
    later(
      later({
        kind: "pass",
        requestHeaders: [["X-Homeport-User", "ada"]],
        responseHeaders: [["Set-Cookie", "a=b"]],
        dropCookies: ["gate"],
      }),
    ),
  );
  const policy = policyOf({ rateLimit: { requests: 9, windowSeconds: 60 }, basicAuth, signIn: {} }, { signIn: gate });
  for (const remaining of [8, 7]) {
    expect(await settled(policy.apply(requestOf({ headers: LOGIN })))).toEqual({
      kind: "pass",
      requestHeaders: [["X-Homeport-User", "ada"]],
      responseHeaders: [
        ["RateLimit-Policy", '"gateway";q=9;w=60'],
        ["RateLimit", `"gateway";r=${remaining};t=60`],
        ["Set-Cookie", "a=b"],
      ],
      dropAuthorization: true,
      dropCookies: ["gate"],
    });
  }
});

test("answers of later checks say too what is left of the rate limit", async () => {
  const policy = policyOf({ rateLimit: { requests: 9, windowSeconds: 60 }, basicAuth });
  const wrong = { authorization: `Basic ${Buffer.from("ada:x").toString("base64")}` };
  const outcomes = [policy.apply(requestOf()), await settled(policy.apply(requestOf({ headers: wrong })))];
  expect(outcomes.map((outcome) => headerOf(outcome, "ratelimit"))).toEqual([
    '"gateway";r=8;t=60',
    '"gateway";r=7;t=60',
  ]);
});

test("answers over https carry Strict-Transport-Security, over http they do not", () => {
  const policy = policyOf({ hsts: { preload: true }, allow: ["203.0.113.1"] });
  const value = "max-age=31536000; preload";
  expect(headerOf(policy.apply(requestOf({ scheme: "https" })), "strict-transport-security")).toBe(value);
  expect(headerOf(policy.apply(requestOf({ scheme: "http" })), "strict-transport-security")).toBeNull();
});

test("a host that asks for a sign-in is closed while nobody can sign in", async () => {
  expect(await verdictOf(policyOf({ signIn: {} }).apply(requestOf()))).toBe(503);
  const policy = policyOf({ basicAuth, signIn: {} });
  expect(await verdictOf(policy.apply(requestOf({ headers: LOGIN })))).toBe(503);
});

test.each<{ name: string; outcome: () => PolicyOutcome }>([
  { name: "rejects", outcome: () => ({ kind: "wait", outcome: Promise.reject(new Error("broken")) }) },
  { name: "throws after a wait", outcome: () => later({ kind: "wait", outcome: Promise.reject(new Error("broken")) }) },
])("a gate that $name lets nobody pass", async ({ outcome }) => {
  const policy = policyOf({ signIn: {} }, { signIn: new Gate(outcome) });
  expect(await verdictOf(policy.apply(requestOf()))).toBe(503);
});

test("a check that throws behind a password lets nobody pass", async () => {
  const gate = new Gate(() => {
    throw new Error("broken");
  });
  const policy = policyOf({ basicAuth, signIn: {} }, { signIn: gate });
  expect(await verdictOf(policy.apply(requestOf({ headers: LOGIN })))).toBe(503);
});
