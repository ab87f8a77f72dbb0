import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { app } from "../src/index.ts";

let auth: TestApp;
const ada = { email: "Ada@Example.com", name: "Ada", password: "correct horse battery" };

beforeAll(async () => {
  auth = await startTestApp(app);
});
afterAll(async () => {
  await auth.stop();
});

const tokenFile = () => join(auth.platform.config.dataDir, "setup-token");
const setupToken = () => readFileSync(tokenFile(), "utf8").trim();
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  auth.json("POST", `/api/v1/auth${path}`, headers, body);
const cookieOf = (headers: Headers): string => (headers.get("set-cookie") ?? "").split(";")[0] ?? "";

test("nobody can sign in or claim with a wrong token before the first admin is there", async () => {
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
  expect((await auth.json("GET", "/api/v1/auth/setup", {})).body).toEqual({ needed: true });
  expect((await post("/setup", { ...ada, token: "guess" })).status).toBe(403);
  const anonymous = await auth.json("GET", "/api/v1/auth/me", {});
  expect(anonymous.status).toBe(401);
  expect(anonymous.headers.get("content-type")).toContain("application/problem+json");
  expect(anonymous.body.code).toBe("unauthenticated");
});

test("of 100 claims of the setup token at once exactly one wins, and the token is gone afterwards", async () => {
  const token = setupToken();
  const claims = await Promise.all(
    Array.from({ length: 100 }, (_, i) => post("/setup", { ...ada, email: `ada${i}@example.com`, token })),
  );
  expect(claims.filter((claim) => claim.status === 201)).toHaveLength(1);
  expect(claims.filter((claim) => claim.status === 403)).toHaveLength(99);
  expect(existsSync(tokenFile())).toBe(false);
  const won = claims.find((claim) => claim.status === 201);
  expect(won?.body.organisation.slug).toBe("home");
  expect(won?.body.role).toBe("owner");
  const me = await auth.json("GET", "/api/v1/auth/me", { cookie: cookieOf(won?.headers ?? new Headers()) });
  expect(me.body.person.email).toBe(won?.body.person.email);
});
