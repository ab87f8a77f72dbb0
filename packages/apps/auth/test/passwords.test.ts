import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { MAX_WRONG_CONFIRMATIONS } from "../src/sign-in-limit.ts";
import { storeSettings } from "./settings.ts";
import { ADA, PASSWORD, startWorld, type World } from "./world.ts";

const NEW = "staple battery horse";

let world: World;
let email: string;
let browser: { cookie: string };
let count = 0;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.database.admin`delete from auth.sign_in_failures`;
  count += 1;
  email = `p${count}@example.com`;
  await world.addPerson(email, "viewer");
  browser = await world.signIn(email);
});

const change = (input: Record<string, string>, headers: Record<string, string> = browser) =>
  world.post("/account/password", input, headers);

const signIn = async (password: string) => (await world.post("/sessions", { email, password })).status;

const age = () =>
  world.database.admin`
    update auth.sessions s set verified_at = now() - interval '11 minutes'
    from auth.people p where p.id = s.person_id and p.email = ${email}`;

describe("setting the password", () => {
  test("takes the one of now, ends the other sessions, and leaves the tokens", async () => {
    const other = await world.signIn(email);
    const token = await world.token(other);
    await age();
    const { status, body } = await change({ current: PASSWORD, password: NEW });
    expect([status, body]).toEqual([200, { endedSessions: 1 }]);
    expect((await world.get("/me", browser)).status).toBe(200);
    expect((await world.get("/me", other)).status).toBe(401);
    expect((await world.get("/me", token.headers)).status).toBe(200);
    expect([await signIn(PASSWORD), await signIn(NEW)]).toEqual([401, 201]);
  });

  test("takes a proof of the last ten minutes instead", async () => {
    await age();
    const stale = await change({ password: NEW });
    expect([stale.status, stale.body.code]).toEqual([403, "unverified"]);
    expect((await change({ password: NEW }, await world.signIn(email))).status).toBe(200);
    expect(await signIn(NEW)).toBe(201);
  });

  test("by a token takes the one of now in any case", async () => {
    const token = await world.token(browser);
    expect((await change({ password: NEW }, token.headers)).status).toBe(403);
    expect((await change({ current: PASSWORD, password: NEW }, token.headers)).status).toBe(200);
    expect((await world.get("/me", browser)).status).toBe(401);
  });

  test("is refused with a wrong one, and closed after ten of these", async () => {
    for (let i = 0; i < MAX_WRONG_CONFIRMATIONS; i += 1) {
      const { status, body } = await change({ current: "wrong", password: NEW });
      expect([status, body.errors[0].path]).toEqual([400, "current"]);
    }
    expect((await change({ current: PASSWORD, password: NEW })).status).toBe(429);
  });

  const refused: { name: string; password: () => string; message: RegExp }[] = [
    { name: "a short one", password: () => "short", message: /at least 8/ },
    { name: "one of the commonest", password: () => "Password123", message: /commonest/ },
    { name: "the e-mail address", password: () => email.toUpperCase(), message: /e-mail address/ },
    { name: "an endless one", password: () => "x".repeat(201), message: /200/ },
  ];
  for (const { name, password, message } of refused) {
    test(`refuses ${name}, at its field`, async () => {
      const { status, body } = await change({ current: PASSWORD, password: password() });
      expect([status, body.errors[0].path]).toEqual([400, "password"]);
      expect(body.errors[0].message).toMatch(message);
    });
  }

  test("sets a first one for who has none", async () => {
    await world.database.admin`update auth.people set password_hash = null where email = ${email}`;
    expect((await change({ password: NEW })).status).toBe(200);
    expect(await signIn(NEW)).toBe(201);
  });

  test("says whether there is one", async () => {
    const page = async () => (await world.request("/account/security", { headers: browser })).text();
    expect(await page()).toContain("You have one.");
    await world.database.admin`update auth.people set password_hash = null where email = ${email}`;
    expect(await page()).toContain("You have none.");
  });

  test("is a form that shows what is wrong at its fields, and never a password", async () => {
    const page = await world.request("/account/security", { headers: browser });
    expect(await page.text()).toContain("you may leave it empty");
    const wrong = await world.submit(
      "/account/security/password",
      { current: "hunter2", password: "hunter3" },
      browser,
    );
    expect(wrong.status).toBe(422);
    const html = await wrong.text();
    expect(html).toContain("Use at least 8 characters");
    expect(html).not.toContain("hunter");
    const done = await world.submit("/account/security/password", { current: "", password: NEW }, browser);
    expect(await done.text()).toContain("Your password is set.");
    await age();
    const stale = await world.submit("/account/security/password", { current: "", password: NEW }, browser);
    expect(stale.headers.get("location")).toStartWith("/sign-in/confirm?next=");
  });
});

describe("confirming who one is", () => {
  const confirm = (shown: Record<string, string>, headers: Record<string, string> = browser) =>
    world.post("/sessions/current/confirm", shown, headers);

  test("by the password makes a session good for dangerous things again", async () => {
    await age();
    expect((await world.post("/account/authenticator", {}, browser)).status).toBe(403);
    expect((await confirm({ password: "wrong" })).status).toBe(400);
    expect((await world.post("/account/authenticator", {}, browser)).status).toBe(403);
    const { status, body } = await confirm({ password: PASSWORD });
    expect(status).toBe(200);
    expect(Date.now() - Date.parse(body.verifiedAt)).toBeLessThan(60_000);
    expect((await world.post("/account/authenticator", {}, browser)).status).toBe(201);
  });

  test("is for sessions, and for one's own alone", async () => {
    const token = await world.token(browser);
    expect((await confirm({ password: PASSWORD }, token.headers)).status).toBe(403);
    expect((await confirm({ password: PASSWORD }, {})).status).toBe(401);
    const other = await world.signIn(email);
    await age();
    await confirm({ password: PASSWORD });
    expect((await world.post("/account/authenticator", {}, other)).body.code).toBe("unverified");
  });

  test("is closed after ten wrong passwords", async () => {
    for (let i = 0; i < MAX_WRONG_CONFIRMATIONS; i += 1) await confirm({ password: "wrong" });
    expect((await confirm({ password: PASSWORD })).status).toBe(429);
  });

  test("takes one thing, and nothing else", async () => {
    for (const wrong of [{}, { password: "" }, { code: "1" }, { password: PASSWORD, code: "000000" }]) {
      expect((await confirm(wrong as Record<string, string>)).status).toBe(400);
    }
  });

  test("is a page on the way to what was wanted, and nowhere else", async () => {
    const page = await world.request("/sign-in/confirm?next=/account/security", { headers: browser });
    expect(await page.text()).toContain('type="password"');
    const wrong = await world.submit("/sign-in/confirm", { password: "hunter2", next: "/account/security" }, browser);
    expect(wrong.status).toBe(422);
    const html = await wrong.text();
    expect(html).toContain("The password is wrong");
    expect(html).not.toContain("hunter2");
    const go = (next: string) => world.submit("/sign-in/confirm", { password: PASSWORD, next }, browser);
    expect((await go("/account/security")).headers.get("location")).toBe("/account/security");
    expect((await go("//evil.example")).headers.get("location")).toBe("/projects");
    expect((await world.request("/sign-in/confirm")).headers.get("location")).toStartWith("/sign-in?next=");
  });

  test("sends who has neither password nor authenticator to sign in once more", async () => {
    await world.database.admin`update auth.people set password_hash = null where email = ${email}`;
    const page = await world.request("/sign-in/confirm?next=/account/security", { headers: browser });
    expect(await page.text()).toContain("Sign in once more");
  });
});

test("when passwords are off, only owners of the platform sign in with theirs", async () => {
  await storeSettings(world, { "password-sign-in": false });
  expect(await signIn(PASSWORD)).toBe(401);
  await world.signIn(ADA);
  expect(await (await world.request("/sign-in")).text()).not.toContain('type="password"');
  expect(await (await world.request("/sign-in?with=password")).text()).toContain('type="password"');
  await storeSettings(world, { "password-sign-in": true });
  expect(await signIn(PASSWORD)).toBe(201);
});
