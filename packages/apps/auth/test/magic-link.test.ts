import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { jobsSchemaOf } from "@homeport/kit/db/names.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { SEND_LINK } from "../src/service/methods/magic-link.ts";
import { MAX_LINKS, MAX_LINKS_PER_ACCOUNT } from "../src/sign-in-limit.ts";
import { linkIn, type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { ADA, cookieOf, startWorld, type World } from "./world.ts";

const BOB = "bob@example.com";

let sink: SmtpSink;
let world: World;
beforeAll(async () => {
  sink = await startSmtpSink();
  world = await startWorld({ settingEnv: sink.env });
  await world.database.admin`update auth.people set email_verified_at = now() where email = ${ADA}`;
  await world.addPerson(BOB, "viewer");
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await sink?.stop();
});
beforeEach(async () => {
  await settled(); // no mail of the test before is to come into this one
  sink.mails.length = 0;
  await world.database.admin`delete from auth.sign_in_failures`;
  await world.database.admin`update auth.people set email_verified_at = now() where email = ${BOB}`;
});

const ask = (email: string, next?: string, address = "10.0.0.1") =>
  world.post("/sign-in/link", next === undefined ? { email } : { email, next }, { "x-forwarded-for": address });

/** The path of the link in a mail to this address. */
const linkTo = async (email: string): Promise<string> => {
  const mail = await waitFor(() => sink.mails.find(({ to }) => to === email));
  return linkIn(mail.text);
};

const linkFor = async (email: string, next?: string): Promise<string> => {
  expect((await ask(email, next)).status).toBe(202);
  return linkTo(email);
};

/** Resolves when everything that was asked for before has been dealt with, and mailed. */
const settled = () =>
  waitFor(async () => {
    const sql = world.database.admin;
    const waiting =
      await sql`select id from ${sql(`${jobsSchemaOf("auth")}.job`)} where state < 'completed' and name = ${SEND_LINK}`;
    const unsent = await sql`select id from auth.mails`;
    return waiting.length === 0 && unsent.length === 0;
  });

describe("a sign-in link", () => {
  test("is mailed with the platform's own address, whatever host the request names", async () => {
    await world.post("/sign-in/link", { email: BOB }, { "x-forwarded-host": "evil.example" });
    const { text, subject } = await waitFor(() => sink.mails[0]);
    expect(text).toContain(`${world.platform.config.appUrl.origin}/sign-in/by-link?token=`);
    expect(text + subject).not.toContain("evil");
  });

  test("shows a page that uses nothing up, and signs in by its button, once", async () => {
    const link = await linkFor(BOB, "/projects/shop?tab=1");
    for (let i = 0; i < 3; i += 1) {
      const page = await world.request(link);
      expect([page.status, page.headers.get("set-cookie")]).toEqual([200, null]);
      expect(await page.text()).toContain(`As ${BOB}.`);
    }
    const signedIn = await world.submit(link, {});
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, "/projects/shop?tab=1"]);
    const me = await world.get("/me", { cookie: cookieOf(signedIn.headers) });
    expect(me.body.person.email).toBe(BOB);
    expect((await world.submit(link, {})).status).toBe(410);
    expect((await world.request(link)).status).toBe(410);
  });

  test("works once, also when it is used many times at once", async () => {
    const link = await linkFor(BOB);
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.submit(link, {})));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
  });

  test("works for a quarter of an hour", async () => {
    const link = await linkFor(BOB);
    await world.database.admin`update auth.magic_links set expires_at = expires_at - interval '15 minutes'`;
    expect((await world.submit(link, {})).status).toBe(410);
  });

  test("leads nowhere else", async () => {
    const link = await linkFor(BOB, "//evil.example");
    expect((await world.submit(link, {})).headers.get("location")).toBe("/projects");
  });

  test("keeps no token but its hash", async () => {
    const link = await linkFor(BOB);
    const token = link.split("token=").at(-1) ?? "";
    const rows = await world.database.admin<{ hash: Buffer }[]>`select token_hash as hash from auth.magic_links`;
    expect(rows.length).toBeGreaterThan(0);
    for (const { hash } of rows) expect(hash.toString("base64url")).not.toBe(token);
    expect(token.length).toBe(43);
  });
});

describe("asking for a link", () => {
  test("is answered the same for an address that nobody has, and mails nothing there", async () => {
    const [known, unknown] = [await ask(BOB), await ask("unknown@example.com")];
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    await settled();
    expect(sink.mails.filter(({ to }) => to === "unknown@example.com")).toEqual([]);
  });

  test("mails an address only so often in an hour, and says nothing of it", async () => {
    for (let i = 0; i < MAX_LINKS_PER_ACCOUNT + 2; i += 1) {
      expect((await ask(BOB, undefined, `10.0.2.${i}`)).status).toBe(202);
    }
    await settled();
    await waitFor(() => sink.mails.filter(({ to }) => to === BOB).length === MAX_LINKS_PER_ACCOUNT);
  });

  test("by a stranger elsewhere does not keep its person from getting one", async () => {
    for (let i = 0; i < MAX_LINKS + 2; i += 1) await ask(BOB, undefined, "10.6.6.6");
    await settled();
    await waitFor(() => sink.mails.length === MAX_LINKS);
    sink.mails.length = 0;
    await linkFor(BOB);
  });

  test("is refused from an address that asked five times within the hour", async () => {
    for (let i = 0; i < MAX_LINKS; i += 1) expect((await ask(`p${i}@example.com`)).status).toBe(202);
    const refused = await ask(BOB);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_000);
    const form = await world.submit("/sign-in/link", { email: BOB }, { "x-forwarded-for": "10.0.0.1" });
    expect([form.status, form.headers.has("retry-after")]).toEqual([429, true]);
  });

  test("takes an e-mail address", async () => {
    expect((await ask("bob")).status).toBe(400);
    const form = await world.submit("/sign-in/link", { email: "bob" });
    expect(form.status).toBe(422);
    expect(await form.text()).toContain("Use an e-mail address");
  });
});

describe("the first proof of an address", () => {
  const unproved = async () => {
    await world.database.admin`update auth.people set email_verified_at = null where email = ${BOB}`;
    await world.database.admin`
      update auth.people set password_hash = (select password_hash from auth.people where email = ${ADA})
      where email = ${BOB}`;
  };

  test("takes away what opened the account before, and says so first", async () => {
    await unproved();
    const before = await world.signIn(BOB);
    const token = await world.token(before);
    const link = await linkFor(BOB);
    expect(await (await world.request(link)).text()).toContain("To be safe");
    const signedIn = await world.submit(link, {});
    expect(signedIn.status).toBe(303);
    expect((await world.get("/me", before)).status).toBe(401);
    expect((await world.get("/me", token.headers)).status).toBe(401);
    expect(world.signIn(BOB)).rejects.toThrow("401");
    expect((await world.get("/me", { cookie: cookieOf(signedIn.headers) })).status).toBe(200);
  });

  test("leaves everything to who is signed in to that account", async () => {
    await unproved();
    const before = await world.signIn(BOB);
    const token = await world.token(before);
    const link = await linkFor(BOB);
    expect(await (await world.request(link, { headers: before })).text()).not.toContain("To be safe");
    expect((await world.submit(link, {}, before)).status).toBe(303);
    expect((await world.get("/me", token.headers)).status).toBe(200);
    await world.signIn(BOB);
  });

  test("is not a way to who has a part in running the platform", async () => {
    await unproved();
    await world.database.admin`update auth.people set instance_role = 'operator' where email = ${BOB}`;
    expect((await ask(BOB)).status).toBe(202);
    await settled();
    expect(sink.mails.filter(({ to }) => to === BOB)).toEqual([]);
    await world.database.admin`update auth.people set instance_role = null where email = ${BOB}`;
  });
});
