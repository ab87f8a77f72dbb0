import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { MAX_EMAIL_CHANGES } from "../src/account.ts";
import { MAIL_ENV, type PlatformOf, platformOf, tokenIn } from "./platform.ts";
import { ADA, PASSWORD, startWorld, type World } from "./world.ts";

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

let count = 0;
/** Somebody new in Ada's organisation, signed in. */
const someone = async (role = "developer") => {
  count += 1;
  const email = `person${count}@example.com`;
  await world.addPerson(email, role);
  return { email, browser: await world.signIn(email), id: await platform.personId(email) };
};

describe("GET /me", () => {
  test("says who one is on the platform, with all of one's organisations", async () => {
    const { email, browser } = await someone("viewer");
    const other = await platform.addOrganisation(`other${count}`);
    await platform.join(email, other, "owner");
    const { body } = await world.get("/me", browser);
    expect(body).toMatchObject({
      person: { email, name: "Somebody" },
      organisation: { slug: "home" },
      role: "viewer",
      instanceRole: null,
      emailVerified: false,
      hasPassword: true,
      hasAuthenticator: false,
    });
    expect(body.organisations).toEqual([
      expect.objectContaining({ slug: "home", role: "viewer" }),
      expect.objectContaining({ slug: `other${count}`, role: "owner" }),
    ]);
    expect(body.organisations[1].id).toBe(other);
    await platform.addAuthenticator(email);
    expect((await world.get("/me", browser)).body.hasAuthenticator).toBe(true);
    expect((await world.get("/me", await world.signIn())).body.instanceRole).toBe("owner");
  });
});

describe("one's name", () => {
  test("is changed for oneself, seen at once, and written down", async () => {
    const { browser, id } = await someone("member");
    const changed = await platform.call("PATCH", "/me", browser, { name: "  Grace Hopper " });
    expect(changed.body).toMatchObject({ id, name: "Grace Hopper" });
    expect((await world.get("/me", browser)).body.person.name).toBe("Grace Hopper");
    expect(await platform.audited(null)).toContainEqual({ action: "profile:update", subjectId: id, actorId: id });
  });

  test("cannot be nothing, too long, or anything else", async () => {
    const { browser } = await someone();
    for (const body of [
      { name: "Ada\n\nPay here: http://evil.example" },
      { name: "adA\u202e" },
      { name: " " },
      { name: "x".repeat(101) },
      {},
      { name: "x", instanceRole: "owner" },
    ]) {
      expect((await platform.call("PATCH", "/me", browser, body)).status).toBe(400);
    }
    expect((await platform.call("PATCH", "/me", {}, { name: "x" })).status).toBe(401);
  });
});

describe("another e-mail address", () => {
  const ask = (browser: Record<string, string>, email: string) =>
    platform.call("POST", "/me/email", browser, { email });
  const confirm = (token: string) => platform.call("POST", "/me/email/confirm", {}, { token });

  test("is one's own once the link that was sent there is used, and the old one hears of it", async () => {
    const { email, browser, id } = await someone();
    const wanted = `new-${email}`;
    expect(await ask(browser, wanted.toUpperCase())).toMatchObject({ status: 202, body: { sent: true } });
    expect((await world.get("/me", browser)).body.person.email).toBe(email);
    const [link, notice] = await platform.mails();
    expect(link).toMatchObject({ to: wanted });
    expect(link?.text).toContain(`${world.platform.config.appUrl.href}account/email/confirm?token=`);
    const token = tokenIn(link?.text ?? "").reveal();
    expect(notice?.to).toBe(email);
    expect(notice?.text).toContain(wanted);
    expect(notice?.text).not.toContain(token);
    expect((await confirm(token)).body).toEqual({ email: wanted });
    expect((await world.get("/me", browser)).body).toMatchObject({ person: { email: wanted }, emailVerified: true });
    expect((await platform.mails()).at(-1)).toMatchObject({ to: email, text: expect.stringContaining(wanted) });
    expect((await confirm(token)).status).toBe(410);
    expect((await world.post("/sessions", { email, password: PASSWORD })).status).toBe(401);
    await world.signIn(wanted);
    expect(await platform.audited(null)).toContainEqual(
      expect.objectContaining({ action: "account:confirm-email", subjectId: id }),
    );
  });

  test("that is somebody's gets the same answer, and only the owner of it is told", async () => {
    const [mine, theirs] = [await someone(), await someone()];
    const free = await ask(mine.browser, `free-${mine.email}`);
    const taken = await ask(mine.browser, theirs.email);
    expect([taken.status, taken.body]).toEqual([free.status, free.body]);
    const [, , toOwner, toOld] = await platform.mails();
    expect(toOwner).toMatchObject({ to: theirs.email, subject: expect.stringContaining("wanted to use") });
    expect(toOwner?.text).not.toContain("/account/email/confirm");
    expect(toOld).toMatchObject({ to: mine.email });
  });

  test("that became somebody else's meanwhile stays theirs", async () => {
    const [mine, theirs] = [await someone(), await someone()];
    const wanted = `raced-${mine.email}`;
    await ask(mine.browser, wanted);
    await ask(theirs.browser, wanted);
    const tokens = (await platform.mails()).filter(({ to }) => to === wanted).map(({ text }) => tokenIn(text).reveal());
    const answers = await Promise.all(tokens.map(confirm));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410]);
    const owners = await world.database.admin`select id from auth.people where email = ${wanted}`;
    expect(owners).toHaveLength(1);
  });

  test("by an older link, a link that is over, or none at all is not taken", async () => {
    const { email, browser } = await someone();
    await ask(browser, `a-${email}`);
    await ask(browser, `b-${email}`);
    const [first, , second] = (await platform.mails()).map(({ text }) => tokenIn(text).reveal());
    expect((await confirm(first ?? "")).status).toBe(410);
    await world.database.admin`update auth.email_changes set expires_at = now() - interval '1 second'`;
    expect((await confirm(second ?? "")).status).toBe(410);
    expect((await confirm("nonsense")).status).toBe(410);
    expect((await world.get("/me", browser)).body.person.email).toBe(email);
  });

  test("needs a proof of the last ten minutes, a token that names it, and is refused when it is the same", async () => {
    const { email, browser } = await someone();
    const star = await world.token(browser);
    expect((await ask(star.headers, `x-${email}`)).body).toMatchObject({ status: 403, code: "forbidden" });
    await world.database.admin`update auth.people set email_verified_at = now() where email = ${email}`;
    expect((await ask(browser, email)).body.errors).toEqual([{ path: "email", message: expect.any(String) }]);
    await platform.ageProofs();
    expect((await ask(browser, `x-${email}`)).body).toMatchObject({ status: 403, code: "unverified" });
  });

  test("can be the one of now, until it is proved: nobody else's link opens an account that runs the platform", async () => {
    const ada = await world.signIn();
    expect((await ask(ada, ADA)).status).toBe(202);
    const mails = await platform.mails();
    expect(mails.map(({ to }) => to)).toEqual([ADA]);
    expect((await confirm(tokenIn(mails[0]?.text ?? "").reveal())).status).toBe(200);
    expect((await world.get("/me", ada)).body).toMatchObject({ person: { email: ADA }, emailVerified: true });
    expect((await ask(ada, ADA)).status).toBe(400);
    expect(await platform.mails()).toHaveLength(1);
  });

  test("is asked for only so often", async () => {
    const { email, browser } = await someone();
    const statuses: number[] = [];
    for (let turn = 0; turn <= MAX_EMAIL_CHANGES; turn += 1) {
      statuses.push((await ask(browser, `${turn}-${email}`)).status);
    }
    expect(statuses).toEqual([...Array(MAX_EMAIL_CHANGES).fill(202), 429]);
  });
});

describe("sessions", () => {
  test("tell how and when their person proved who they are", async () => {
    const { browser } = await someone();
    const [session] = (await world.get("/sessions", browser)).body.items;
    expect(session).toMatchObject({ current: true, method: "password" });
    expect(Date.now() - Date.parse(session.verifiedAt)).toBeLessThan(60_000);
  });

  test("all but the one that asks can be ended; a token ends all of them", async () => {
    const { email, browser, id } = await someone();
    const others = [await world.signIn(email), await world.signIn(email)];
    const ada = await world.signIn();
    expect((await world.post("/sessions/revoke-others", {}, browser)).body).toEqual({ removed: 2 });
    for (const other of others) expect((await world.get("/me", other)).status).toBe(401);
    expect((await world.get("/me", browser)).status).toBe(200);
    const token = await world.token(browser);
    expect((await world.post("/sessions/revoke-others", {}, token.headers)).body).toEqual({ removed: 1 });
    expect((await world.get("/me", browser)).status).toBe(401);
    expect((await world.get("/me", ada)).status).toBe(200);
    const { organisation } = (await world.get("/me", ada)).body;
    expect(await platform.audited(organisation.id)).toContainEqual({
      action: "session:revoke",
      subjectId: id,
      actorId: id,
    });
  });
});

test("a suspended person's link changes no address", async () => {
  const { email, browser, id } = await someone();
  await platform.call("POST", "/me/email", browser, { email: `new-${email}` });
  const [link] = await platform.mails();
  await world.post(`/admin/people/${id}/suspend`, {}, await world.signIn(ADA));
  const answer = await platform.call("POST", "/me/email/confirm", {}, { token: tokenIn(link?.text ?? "").reveal() });
  expect(answer.status).toBe(410);
});
