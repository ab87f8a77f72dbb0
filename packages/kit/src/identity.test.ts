import { describe, expect, setSystemTime, test } from "bun:test";
import { SignJWT } from "jose";
import { deriveKey } from "./crypto.ts";
import { identityKey, type SignedPrincipal, signIdentity, verifyIdentity } from "./identity.ts";
import { identityCache } from "./platform.ts";
import { Secret } from "./secret.ts";

const secret = new Secret("a secret of at least thirty-two characters");
const key = identityKey(secret);
const app: SignedPrincipal = { kind: "app", appId: "ci" };
const parts: SignedPrincipal[] = [
  app,
  { kind: "agent", nodeId: crypto.randomUUID() },
  { kind: "runner", runnerId: "builder-1" },
  { kind: "job", jobId: crypto.randomUUID(), organisationId: crypto.randomUUID(), repository: "home/shop/api" },
];

for (const part of parts) {
  test(`a signed ${part.kind} is recognised with all that it is`, async () => {
    expect(await verifyIdentity(key, await signIdentity(key, part, 60))).toEqual(part);
  });
}

const jwt = (claims: Record<string, unknown>, signWith: Uint8Array = key, alg = "HS256") =>
  new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setIssuer("homeport")
    .setAudience("homeport")
    .setExpirationTime("1m")
    .sign(signWith);

describe("an identity is refused", () => {
  const rows: { name: string; token: () => Promise<string> }[] = [
    { name: "signed with another key", token: () => signIdentity(deriveKey(secret, "something else"), app, 60) },
    { name: "with another algorithm", token: () => jwt({ who: app }, key, "HS512") },
    { name: "that has expired", token: () => signIdentity(key, app, -1) },
    { name: "of a person, which no key can sign", token: () => jwt({ who: { kind: "person", role: "owner" } }) },
    { name: "with a node id that is none", token: () => jwt({ who: { kind: "agent", nodeId: "../x" } }) },
    { name: "that says nobody", token: () => jwt({}) },
    {
      name: "made for somebody else",
      token: () =>
        new SignJWT({ who: app })
          .setProtectedHeader({ alg: "HS256" })
          .setIssuer("homeport")
          .setAudience("registry")
          .setExpirationTime("1m")
          .sign(key),
    },
    {
      name: "without a signature",
      token: async () => {
        const [, body] = (await signIdentity(key, app, 60)).split(".");
        return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`;
      },
    },
    {
      name: "that is altered",
      token: async () => (await signIdentity(key, app, 60)).replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    },
    { name: "that is noise", token: async () => "hello" },
  ];
  for (const { name, token } of rows) {
    test(name, async () => expect(await verifyIdentity(key, await token())).toBeNull());
  }
});

test("an identity is signed once and again before it ends", async () => {
  const identityOf = identityCache(key);
  try {
    setSystemTime(new Date("2026-01-01T00:00:00Z"));
    const first = await identityOf(app);
    expect(await identityOf(app)).toBe(first);
    setSystemTime(new Date("2026-01-01T00:01:05Z"));
    const second = await identityOf(app);
    expect(second).not.toBe(first);
    expect(await verifyIdentity(key, first)).toEqual(app);
  } finally {
    setSystemTime();
  }
});
