import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { app } from "../src/index.ts";
import { createAttempts } from "../src/service/attempts.ts";
import { passwordMethod } from "../src/service/methods/password.ts";
import { accountSubject, MAX_PER_ACCOUNT, MAX_PER_ACCOUNT_AND_ADDRESS, MAX_PER_ADDRESS } from "../src/sign-in-limit.ts";
import { defaultSetting } from "./settings.ts";
import { ADA, cookieOf, PASSWORD, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
afterEach(async () => {
  await world.database.admin`delete from auth.sign_in_failures`;
});

const signIn = (email: string, password: string, address = "10.0.0.1") =>
  world.post("/sessions", { email, password }, { "x-forwarded-for": address });

describe("signing in", () => {
  test("with the right password opens a session, whatever the case of the address", async () => {
    const { status, body, headers } = await signIn("ADA@example.com", PASSWORD);
    expect(status).toBe(201);
    expect(body).toMatchObject({ person: { email: ADA, name: "Ada" }, organisation: { slug: "home" }, role: "owner" });
    expect((await world.get("/me", { cookie: cookieOf(headers) })).status).toBe(200);
    expect(JSON.stringify(body)).not.toContain("argon2");
  });

  test("a wrong password, an unknown account and an account without an organisation are the same answer", async () => {
    await world.addPerson("nobody@example.com", "viewer");
    await world.database.admin`
      delete from auth.memberships using auth.people p where p.id = person_id and p.email = 'nobody@example.com'`;
    const answers = await Promise.all([
      signIn(ADA, "wrong password"),
      signIn("unknown@example.com", "wrong password"),
      signIn("nobody@example.com", PASSWORD),
    ]);
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect({ ...body, requestId: "" }).toEqual({ ...answers[0]?.body, requestId: "" });
      expect(headers.get("set-cookie")).toBeNull();
    }
  });

  test("over https the cookie is bound to the host, over http it is not", async () => {
    const body = { email: ADA, password: PASSWORD };
    const http = await world.post("/sessions", body);
    expect(http.headers.get("set-cookie")).toMatch(/^homeport=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const https = await world.post("/sessions", body, { "x-forwarded-proto": "https" });
    expect(https.headers.get("set-cookie")).toMatch(
      /^__Host-homeport=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/,
    );
  });

  test("another site cannot make a browser sign in", async () => {
    const headers = { origin: "http://evil.example", "x-forwarded-host": "localhost:3000" };
    expect((await world.post("/sessions", { email: ADA, password: PASSWORD }, headers)).status).toBe(403);
    expect((await world.submit("/sign-in", { email: ADA, password: PASSWORD }, headers)).status).toBe(403);
  });
});

describe("too many failures", () => {
  test("of one account from one address are refused with the time to wait, also with the right password", async () => {
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS; i += 1) expect((await signIn(ADA, "wrong")).status).toBe(401);
    const refused = await signIn(ADA, PASSWORD);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    expect((await signIn("other@example.com", "wrong")).status).toBe(401);
  });

  test("of a stranger elsewhere do not lock an account until there are very many", async () => {
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS + 1; i += 1) await signIn(ADA, "wrong", "10.6.6.6");
    expect((await signIn(ADA, PASSWORD)).status).toBe(201);
    await world.database.admin`
      update auth.sign_in_failures set failure_count = ${MAX_PER_ACCOUNT} where subject = ${accountSubject(ADA)}`;
    expect((await signIn(ADA, PASSWORD)).status).toBe(429);
  });

  test("of one address, however many, lock an account nowhere else", async () => {
    for (let i = 0; i < MAX_PER_ADDRESS; i += 1) await signIn(ADA, "wrong", "10.6.6.7");
    expect((await signIn(ADA, PASSWORD)).status).toBe(201);
  }, 60_000);

  test("look the same for an account that is not there", async () => {
    const tries = async (email: string, address: string) => {
      const statuses: number[] = [];
      for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS + 2; i += 1)
        statuses.push((await signIn(email, "x", address)).status);
      return statuses;
    };
    expect(await tries("unknown@example.com", "10.0.1.1")).toEqual(await tries(ADA, "10.0.1.2"));
  }, 20_000);

  test("many at once get no more tries than one after the other", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn(ADA, "wrong")));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(MAX_PER_ACCOUNT_AND_ADDRESS);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  }, 20_000);

  test("are remembered over a restart, and forgotten when the window ends", async () => {
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS; i += 1) await signIn(ADA, "wrong");
    const sql = world.database.connect("auth");
    const restarted = passwordMethod(sql, defaultSetting, createAttempts(sql));
    const client = { userAgent: "", address: "10.0.0.1" };
    expect(restarted.complete({ email: ADA, password: PASSWORD }, client)).rejects.toThrow("Too many failed sign-ins");
    await world.database.admin`update auth.sign_in_failures set window_ends_at = now() - interval '1 second'`;
    expect((await signIn(ADA, PASSWORD)).status).toBe(201);
  });

  test("from one address are refused for every account, and do not lock the accounts", async () => {
    await world.database.admin`
      insert into auth.sign_in_failures (subject, failure_count, window_ends_at)
      values ('address:10.0.0.7', ${MAX_PER_ADDRESS}, now() + interval '10 minutes')`;
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS + 1; i += 1)
      expect((await signIn(ADA, "x", "10.0.0.7")).status).toBe(429);
    expect((await signIn(ADA, PASSWORD, "10.0.0.8")).status).toBe(201);
  });

  test("from one IPv6 network count as from one address", async () => {
    await signIn("a@example.com", "wrong", "2001:db8:1:2::1");
    await signIn("b@example.com", "wrong", "2001:db8:1:2:ffff::9");
    await signIn("c@example.com", "wrong", "2001:db8:1:3::1");
    const rows = await world.database.admin<{ subject: string; count: number }[]>`
      select subject, failure_count as count from auth.sign_in_failures where subject like 'address:2001%' order by 1`;
    expect([...rows]).toEqual([
      { subject: "address:2001:db8:1:2::/64", count: 2 },
      { subject: "address:2001:db8:1:3::/64", count: 1 },
    ]);
  });

  test("that are a fault of ours do not count", async () => {
    await world.addPerson("spoilt@example.com", "viewer");
    await world.database.admin`update auth.people set password_hash = 'no hash' where email = 'spoilt@example.com'`;
    expect((await signIn("spoilt@example.com", PASSWORD)).status).toBe(500);
    const counts = await world.database.admin<{ count: number }[]>`
      select failure_count as count from auth.sign_in_failures`;
    expect(counts.map(({ count }) => count)).toEqual([0, 0, 0]);
  });

  test("a success starts the count at this address anew, and uses up neither the address nor the account", async () => {
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS - 1; i += 1) await signIn(ADA, "wrong");
    expect((await signIn(ADA, PASSWORD)).status).toBe(201);
    const rows = await world.database.admin`
      select split_part(subject, ':', 1) as subject, failure_count as count from auth.sign_in_failures order by 1`;
    expect([...rows]).toEqual([
      { subject: "account", count: MAX_PER_ACCOUNT_AND_ADDRESS - 1 },
      { subject: "address", count: MAX_PER_ACCOUNT_AND_ADDRESS - 1 },
    ]);
    expect(app.manifest.actions["session:create"]).toEqual({ public: true });
  });
});

describe("the sign-in page, without scripts", () => {
  test("comes back with errors at their fields, keeps what was typed, and never the password", async () => {
    const empty = await world.submit("/sign-in", { email: "ada", password: "", next: "/projects/shop" });
    expect(empty.status).toBe(422);
    const html = await empty.text();
    expect(html).toContain("Type your password");
    expect(html).toContain('value="ada"');
    expect(html).toContain('value="/projects/shop"');
    const wrong = await world.submit("/sign-in", { email: ADA, password: "hunter2hunter2" });
    expect(wrong.status).toBe(422);
    const page = await wrong.text();
    expect(page).toContain("The e-mail address or the password is wrong.");
    expect(page).not.toContain("hunter2");
    expect(wrong.headers.get("cache-control")).toBe("no-store");
    expect(wrong.headers.get("content-security-policy")).toContain("script-src");
  });

  test("says when an account is locked, with the time to wait", async () => {
    for (let i = 0; i < MAX_PER_ACCOUNT_AND_ADDRESS; i += 1) await signIn(ADA, "wrong");
    const from = { "x-forwarded-for": "10.0.0.1" };
    const locked = await world.submit("/sign-in", { email: ADA, password: PASSWORD }, from);
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(800);
    expect(await locked.text()).toContain("Too many failed sign-ins");
  });

  test("leads where the person wanted to go, and nowhere else", async () => {
    const go = (next: string) => world.submit("/sign-in", { email: ADA, password: PASSWORD, next });
    const wanted = await go("/projects/shop?tab=1");
    expect([wanted.status, wanted.headers.get("location")]).toEqual([303, "/projects/shop?tab=1"]);
    expect(wanted.headers.get("set-cookie")).toContain("HttpOnly");
    for (const next of ["//evil.example", "https://evil.example", "/a\u0001b"]) {
      expect((await go(next)).headers.get("location")).toBe("/projects");
    }
  });

  test("sends a stranger there and back, and signs out for good", async () => {
    const stranger = await world.request("/account?x=1");
    expect([stranger.status, stranger.headers.get("location")]).toEqual([303, "/sign-in?next=%2Faccount%3Fx%3D1"]);
    const browser = await world.signIn();
    expect((await world.request("/account", { headers: browser })).status).toBe(200);
    const out = await world.submit("/sign-out", {}, browser);
    expect(out.headers.get("location")).toBe("/sign-in");
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await world.get("/me", browser)).status).toBe(401);
  });

  test("a form that is too large or no form is refused", async () => {
    const large = await world.submit("/sign-in", { email: "x".repeat(300_000), password: "x" });
    expect(large.status).toBe(413);
    const headers = { "content-type": "application/json" };
    expect((await world.request("/sign-in", { method: "POST", headers, body: "{}" })).status).toBe(415);
  });
});
