import { expect, test } from "bun:test";
import { DomainError } from "@homeport/kit/errors.ts";
import { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { withPolicyOf } from "./policy-fields.ts";
import { type Fields, policyValues } from "./policy-values.ts";

const organisationId = "01990000-0000-7000-8000-000000000000";
const whole = RoutePolicy.parse({
  redirects: [
    { from: "/old/*", to: "https://shop.example/new/*", status: 301 },
    { from: "/a", to: "/b" },
  ],
  httpsOnly: true,
  hsts: { maxAgeSeconds: 600, includeSubdomains: true, preload: true },
  allow: ["192.0.2.0/24", "2001:db8::/32"],
  maintenance: { message: "Back soon", retryAfterSeconds: 60, except: ["192.0.2.7"] },
  rateLimit: { requests: 10, windowSeconds: 5, per: "user" },
  signIn: { organisationId },
  compress: true,
  sticky: true,
  maxBodyBytes: 1_048_576,
  connectTimeoutMs: 500,
  responseTimeoutMs: 30_000,
});
const parse = (fields: Fields) => withPolicyOf(fields, async (policy) => policy);
const issues = async (fields: Fields, save: Parameters<typeof withPolicyOf>[1] = async (policy) => policy) => {
  try {
    await withPolicyOf(fields, save);
  } catch (err) {
    if (err instanceof DomainError) return Object.fromEntries(err.issues.map(({ path, message }) => [path, message]));
    throw err;
  }
  return {};
};

test("a form that is saved as it is says the policy it was made from, every setting of it", async () => {
  expect(await parse(policyValues(whole))).toEqual(whole);
  expect(await parse(policyValues({}))).toEqual({});
  expect(await parse(policyValues({ signIn: {} }))).toEqual({ signIn: {} });
});

test("users are named, and keep their passwords unless there is a new one", async () => {
  const basicAuth = { realm: "Shop", users: [{ name: "ada", passwordHash: "$x" }] };
  const values = policyValues({ basicAuth });
  expect(JSON.stringify(values)).not.toContain("$x");
  expect((await parse({ ...values, user2: "bob", password2: " spaces count " })).basicAuth).toEqual({
    realm: "Shop",
    users: [{ name: "ada" }, { name: "bob", password: " spaces count " }],
  });
  expect((await parse({ ...values, user0: "" })).basicAuth).toBeUndefined();
});

test("what is wrong with a line is told at its field, with the number of the line", async () => {
  const fields = {
    redirects: "/a /b\n\nold /b\r\n/c there",
    allow: "192.0.2.0/24\n300.0.0.1",
    user1: "a:b",
    password1: "x",
  };
  const found = await issues(fields);
  expect(found.redirects).toMatch(/^line 2 must be a path.*; line 3 must be https:/);
  expect(found.allow).toStartWith("line 2 must be an IP address");
  expect(found.user1).toContain("colon");
  expect(found.password1).toContain("8 characters");
  expect(Object.keys(found)).toHaveLength(4);
});

test("numbers that are none, and a password without a user, are told at their fields", async () => {
  const found = await issues({
    ...policyValues({ rateLimit: { requests: 5, windowSeconds: 5, per: "address" }, maintenance: whole.maintenance }),
    rateWindow: "soon",
    maintenanceRetryAfter: "0",
    maxBodyBytes: "1.5",
    password0: "long enough",
    signIn: "organisation",
  });
  expect(Object.keys(found).toSorted()).toEqual([
    "maintenanceRetryAfter",
    "maxBodyBytes",
    "rateWindow",
    "signInOrganisation",
    "user0",
  ]);
});

test("what saving refuses is told at the fields of the form, too", async () => {
  const refuse = async () => {
    throw new DomainError("invalid", "no", {
      issues: [
        { path: "maintenance.except", message: "would lock out ::1" },
        { path: "basicAuth.users.0.password", message: "bob has no password yet" },
      ],
    });
  };
  expect(await issues({ user1: "bob" }, refuse)).toEqual({
    maintenanceExcept: "would lock out ::1",
    password1: "bob has no password yet",
  });
});
