import { describe, expect, test } from "bun:test";
import { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { platformIssues } from "./platform-guard.ts";

const AUTHOR = "203.0.113.7";
const LOOPBACK = ["127.0.0.0/8", "::1"];
const hash = { users: [{ name: "ada", passwordHash: "$argon2id$" }] };
const redirect = (from: string) => ({ redirects: [{ from, to: "https://elsewhere.example/" }] });

const refused: [name: string, policy: object, path: string, message: RegExp][] = [
  ["only the author is allowed", { allow: [AUTHOR] }, "allow", /lock out 127\.0\.0\.1 and ::1, .* Add them/],
  ["only IPv4 loopback is", { allow: ["127.0.0.1", AUTHOR] }, "allow", /lock out ::1, .* Add it/],
  ["the author is not", { allow: LOOPBACK }, "allow", /lock out 203\.0\.113\.7, from where you come yourself\. Add it/],
  [
    "maintenance lets nobody through",
    { maintenance: {} },
    "maintenance.except",
    /127\.0\.0\.1 and ::1.*203\.0\.113\.7/,
  ],
  ["everything is redirected", redirect("/*"), "redirects.0.from", /take \/sign-in away/],
  ["the API is, in part", redirect("/api/v1/traffic/*"), "redirects.0.from", /take \/api away/],
  ["the folder of this page is", redirect("/admin/*"), "redirects.0.from", /take \/admin\/gateway away/],
  ["a password is asked for", { basicAuth: hash }, "basicAuth", /docker login/],
  ["sign-in is asked for", { signIn: {} }, "signIn", /sign-in page/],
  [
    "a limit that its own parts reach",
    { rateLimit: { requests: 60, windowSeconds: 60 } },
    "rateLimit.requests",
    /10 a second/,
  ],
  ["no form fits through", { maxBodyBytes: 1000 }, "maxBodyBytes", /1048576/],
  ["agents cannot wait", { responseTimeoutMs: 5_000 }, "responseTimeoutMs", /30000/],
];

describe("the platform's own policy is refused when", () => {
  for (const [name, policy, path, message] of refused) {
    test(name, () => {
      const issues = platformIssues(RoutePolicy.parse(policy), AUTHOR);
      expect(issues).toEqual([{ path, message: expect.stringMatching(message) }]);
    });
  }
});

test("it is accepted when everybody who must come in does", () => {
  const policy = RoutePolicy.parse({
    allow: [...LOOPBACK, "203.0.113.0/24"],
    maintenance: { except: [...LOOPBACK, AUTHOR] },
    ...redirect("/administration/*"),
    rateLimit: { requests: 600, windowSeconds: 60 },
    httpsOnly: true,
    maxBodyBytes: 2 ** 30,
    responseTimeoutMs: 60_000,
  });
  expect(platformIssues(policy, AUTHOR)).toEqual([]);
});

test("nobody is missed where the author's address is not known, or is the machine itself", () => {
  const policy = RoutePolicy.parse({ allow: LOOPBACK });
  expect([null, "::1", "127.0.0.1"].map((author) => platformIssues(policy, author))).toEqual([[], [], []]);
});
