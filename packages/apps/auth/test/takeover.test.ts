import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { MAX_QUEUED } from "../src/mail.ts";
import { hashToken } from "../src/token.ts";
import { stepAt, totpCode } from "../src/totp.ts";
import { MAIL_ENV, type PlatformOf, platformOf, tokenIn } from "./platform.ts";
import { cookieOf, PASSWORD, startWorld, type World } from "./world.ts";

let world: World;
let platform: PlatformOf;
beforeAll(async () => {
  world = await startWorld({ settingEnv: MAIL_ENV });
  platform = platformOf(world);
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.database.admin`delete from auth.mails`;
  await world.database.admin`delete from auth.sign_in_failures`;
});

type Browser = { cookie: string };

let count = 0;
/** Somebody new in Ada's organisation, signed in. */
const someone = async (role = "developer") => {
  count += 1;
  const email = `person${count}@example.com`;
  await world.addPerson(email, role);
  return { email, browser: await world.signIn(email), id: await platform.personId(email) };
};

const changePassword = (browser: Browser, password = "another horse battery", current = PASSWORD) =>
  world.post("/account/password", { current, password }, browser);

describe("what a stolen session has begun", () => {
  const ends: [string, (browser: Browser, id: string) => Promise<unknown>][] = [
    ["another password", (browser) => changePassword(browser)],
    ["signing out everywhere else", (browser) => world.post("/sessions/revoke-others", {}, browser)],
    ["signing out everywhere", (browser) => world.remove("/sessions", browser)],
    [
      "being signed out by who runs the platform",
      async (_, id) => world.remove(`/admin/people/${id}/sessions`, await world.signIn()),
    ],
    [
      "having been suspended",
      async (_, id) => {
        const owner = await world.signIn();
        await world.post(`/admin/people/${id}/suspend`, {}, owner);
        await world.post(`/admin/people/${id}/resume`, {}, owner);
      },
    ],
  ];
  for (const [name, end] of ends) {
    test(`another address, ends with ${name}`, async () => {
      const { email, browser, id } = await someone();
      const stolen = await world.signIn(email);
      await platform.call("POST", "/me/email", stolen, { email: `thief-${email}` });
      const [link] = await platform.mails();
      await end(browser, id);
      const token = tokenIn(link?.text ?? "").reveal();
      expect(token).toHaveLength(43);
      const answer = await platform.call("POST", "/me/email/confirm", {}, { token });
      expect(answer.status).toBe(410);
      expect(await platform.exists(email)).toBe(true);
    });

    test(`a command line that was let in, ends with ${name}`, async () => {
      const { email, browser, id } = await someone();
      const stolen = await world.signIn(email);
      const { body } = await world.post("/device/code", { clientName: "thief" });
      await world.submit("/device/decide", { code: body.userCode, decision: "approve" }, stolen);
      await end(browser, id);
      const polled = await world.post("/device/token", { deviceCode: body.deviceCode });
      expect(polled.body).toEqual({ state: "expired" });
    });
  }
});

describe("who reads the mail of somebody with a second factor", () => {
  /** Somebody with an authenticator, who never proved the address: an invite does not. */
  const guarded = async () => {
    const person = await someone();
    const { body } = await world.post("/account/authenticator", {}, person.browser);
    const secret = new Secret(body.secret as string);
    const code = (steps: number) => totpCode(secret, stepAt(new Date()) + steps);
    await world.post("/account/authenticator/confirm", { code: code(-1) }, person.browser);
    return { ...person, code };
  };
  const linkFor = async (email: string): Promise<string> => {
    const token = new Secret("x".repeat(42) + String(count % 10));
    await world.database.admin`
      insert into auth.magic_links (token_hash, email, next, expires_at)
      values (${hashToken(token)}, ${email}, '/projects', now() + interval '5 minutes')`;
    return `/sign-in/by-link?token=${token.reveal()}`;
  };

  test("does not get in by a link, and takes nothing away", async () => {
    const { email, browser } = await guarded();
    const link = await linkFor(email);
    expect(await (await world.request(link)).text()).not.toContain("To be safe");
    const answer = await world.submit(link, {});
    expect(answer.headers.get("location")).toBe("/sign-in/code?next=%2Fprojects");
    expect((await world.get("/me", browser)).body).toMatchObject({ hasAuthenticator: true, emailVerified: false });
    expect((await world.post("/sessions", { email, password: PASSWORD })).body.code).toBe("unverified");
  });

  test("is its person with the code, who keeps everything", async () => {
    const { email, browser, code } = await guarded();
    const pending = cookieOf((await world.submit(await linkFor(email), {})).headers);
    const signedIn = await world.submit("/sign-in/code", { code: code(0), next: "/projects" }, { cookie: pending });
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, "/projects"]);
    expect((await world.get("/me", browser)).body).toMatchObject({
      hasAuthenticator: true,
      hasPassword: true,
    });
  });
});

test("who signs in while the password is changed does not stay in by the old one", async () => {
  const { email, browser } = await someone();
  const sql = world.database.admin;
  const reserved = await sql.reserve();
  await reserved`begin`;
  await reserved`lock table auth.sign_in_rules in access exclusive mode`; // stops a sign-in after its password was looked at
  const late = world.post("/sessions", { email, password: PASSWORD });
  await waitFor(async () => {
    const waiting = await sql`
      select 1 from pg_locks l
      join pg_class c on c.oid = l.relation
      where c.relname = 'sign_in_rules' and not l.granted`;
    return waiting.length > 0;
  });
  expect((await changePassword(browser)).status).toBe(200);
  await reserved`rollback`;
  reserved.release();
  expect((await late).status).toBe(401);
  expect((await world.get("/sessions", browser)).body.items).toHaveLength(1);
});

test("the audit log names who acted, where only a code, a link or a password showed it", async () => {
  const { email, browser, id } = await someone();
  const { body } = await world.post("/device/code", { clientName: "laptop" });
  await world.submit("/device/decide", { code: body.userCode, decision: "approve" }, browser);
  const { tokenId } = (await world.post("/device/token", { deviceCode: body.deviceCode })).body;
  await platform.call("POST", "/me/email", browser, { email: `new-${email}` });
  const [link] = await platform.mails();
  await platform.call("POST", "/me/email/confirm", {}, { token: tokenIn(link?.text ?? "").reveal() });
  await world.submit("/sign-in", { email: `new-${email}`, password: PASSWORD }, await world.signIn());
  const { organisation } = (await world.get("/me", browser)).body;
  const own = await platform.audited(organisation.id);
  expect(own).toContainEqual({ action: "token:create", subjectId: tokenId, actorId: id });
  expect(own.filter(({ action, actorId }) => action === "session:create" && actorId === id)).toHaveLength(2);
  const entry = { action: "account:confirm-email", subjectId: id, actorId: id };
  expect(await platform.audited(null)).toContainEqual(entry);
});

test("a password is changed also when too many mails wait, so that its notice cannot go", async () => {
  const { browser } = await someone();
  await world.database.admin`
    insert into auth.mails (id, recipient, content_sealed, send_at)
    select gen_random_uuid(), 'p@example.com', '\\x00', now() + interval '1 day' from generate_series(1, ${MAX_QUEUED})`;
  expect((await changePassword(browser)).status).toBe(200);
});

test("many new sets of recovery codes at once leave one, and wait for nothing", async () => {
  const { browser } = await someone();
  const { body } = await world.post("/account/authenticator", {}, browser);
  const code = totpCode(new Secret(body.secret as string), stepAt(new Date()));
  await world.post("/account/authenticator/confirm", { code }, browser);
  const started = Date.now();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => world.post("/account/recovery-codes", {}, browser)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(201));
  expect(Date.now() - started).toBeLessThan(5_000);
  expect((await world.get("/account/authenticator", browser)).body.recoveryCodesLeft).toBe(10);
}, 60_000);
