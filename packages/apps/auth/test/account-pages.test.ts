import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { MAIL_ENV, type PlatformOf, platformOf, tokenIn } from "./platform.ts";
import { ADA, startWorld, type World } from "./world.ts";

let world: World;
let platform: PlatformOf;
let ada: { cookie: string };
beforeAll(async () => {
  world = await startWorld({ settingEnv: MAIL_ENV });
  platform = platformOf(world);
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  ada = await world.signIn();
});

let count = 0;
const someone = async (role = "developer", instanceRole: string | null = null) => {
  count += 1;
  const email = `visitor${count}@example.com`;
  await world.addPerson(email, role);
  if (instanceRole !== null) await platform.promote(email, instanceRole);
  return { email, browser: await world.signIn(email), id: await platform.personId(email) };
};
const page = async (path: string, headers: Record<string, string>) => {
  const response = await world.request(path, { headers });
  return { status: response.status, html: await response.text() };
};
const told = async (response: Response) => ({ status: response.status, html: await response.text() });
const leadsTo = (response: Response) => [response.status, response.headers.get("location")];

describe("the account's pages", () => {
  test("show who one is, and change the name", async () => {
    const { email, browser } = await someone();
    const { html } = await page("/account", browser);
    for (const text of [
      email,
      "Somebody",
      "not confirmed",
      "/account/security",
      "/account/sessions",
      "/account/tokens",
    ])
      expect(html).toContain(text);
    const refused = await told(await world.submit("/account", { name: " " }, browser));
    expect([refused.status, refused.html.includes("Tell us your name")]).toEqual([422, true]);
    expect(leadsTo(await world.submit("/account", { name: "Grace" }, browser))).toEqual([303, "/account"]);
    expect((await page("/account", browser)).html).toContain("Grace");
  });

  test("ask for another address; the link's page has a button, and does nothing when it is only looked at", async () => {
    const { email, browser } = await someone();
    const refused = await told(await world.submit("/account/email", { email: "nonsense" }, browser));
    expect([refused.status, refused.html.includes("Use an e-mail address like")]).toEqual([422, true]);
    const sent = await told(await world.submit("/account/email", { email: `new-${email}` }, browser));
    expect([sent.status, sent.html.includes(`A link is on its way to new-${email}.`)]).toEqual([200, true]);
    const mail = (await platform.mails()).find(({ to }) => to === `new-${email}`);
    const path = `/account/email/confirm?token=${tokenIn(mail?.text ?? "").reveal()}`;
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await world.request(path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(`new-${email}`);
    }
    expect((await told(await world.submit(path, {}))).status).toBe(200);
    expect((await world.get("/me", browser)).body.person.email).toBe(`new-${email}`);
    expect((await told(await world.submit(path, {}))).status).toBe(410);
    expect((await page(path, {})).status).toBe(410);
  });

  test("lead to a proof before an address is changed", async () => {
    const { browser } = await someone();
    await platform.ageProofs();
    const headers = { ...browser, referer: "http://app/account" };
    const answer = await world.submit("/account/email", { email: "x@example.com" }, headers);
    expect(leadsTo(answer)).toEqual([303, "/sign-in/confirm?next=%2Faccount"]);
  });

  test("list sessions and end one, or all the others", async () => {
    const { email, browser } = await someone();
    await world.signIn(email);
    await world.signIn(email);
    const { html } = await page("/account/sessions", browser);
    expect(html).toContain("this one");
    const id = /\/account\/sessions\/([0-9a-f-]{36})\/revoke/.exec(html)?.[1];
    expect(leadsTo(await world.submit(`/account/sessions/${id}/revoke`, {}, browser))).toEqual([
      303,
      "/account/sessions",
    ]);
    expect(leadsTo(await world.submit("/account/sessions/revoke-others", {}, browser))).toEqual([
      303,
      "/account/sessions",
    ]);
    expect((await page("/account/sessions", browser)).html).toContain("You are signed in nowhere else.");
  });
});

describe("the tokens' page", () => {
  const make = (browser: Record<string, string>, fields: Record<string, string>) =>
    world.submit("/account/tokens", { name: "a script", ...fields }, browser);
  const scopes = async (browser: Record<string, string>) => (await world.get("/tokens", browser)).body.items[0]?.scopes;

  test("makes what a preset stands for, or what was typed, in one project when it is named", async () => {
    const { browser } = await someone();
    const home = (await world.get("/me", browser)).body.organisation.id;
    const projectId = Bun.randomUUIDv7();
    await world.database.admin`
      insert into auth.projects (organisation_id, id, slug) values (${home}, ${projectId}, ${`shop${count}`})`;
    await make(browser, {});
    expect(await scopes(browser)).toEqual(["*"]);
    await make(browser, { preset: "read", project: `shop${count}` });
    expect(await scopes(browser)).toContain(`log:read@project/${projectId}`);
    await make(browser, { preset: "custom", scopes: "log:read\njob:*" });
    expect(await scopes(browser)).toEqual(["log:read", "job:*"]);
    expect((await page("/account/tokens", browser)).html).toContain("log:read, job:*");
  });

  test("tells at the field what is wrong, and keeps what was typed", async () => {
    const { browser } = await someone();
    const nothing = await told(await make(browser, { preset: "custom", scopes: "" }));
    expect([nothing.status, nothing.html.includes("Say what the token may do")]).toEqual([422, true]);
    const wrong = await told(await make(browser, { preset: "custom", scopes: "all" }));
    expect(wrong.html).toContain('id="field-scopes-error"');
    expect(wrong.html).toContain('value="a script"');
    const missing = await told(await make(browser, { preset: "read", project: "missing" }));
    expect([missing.status, missing.html.includes('id="field-project-error"')]).toEqual([422, true]);
    expect((await make(browser, { expiresInDays: "400" })).status).toBe(422);
    expect(await scopes(browser)).toBeUndefined();
  });

  test("leads to a proof before a scope names an action in full, and back to the form as it was", async () => {
    const { browser } = await someone();
    await platform.ageProofs();
    const answer = await make(browser, { preset: "custom", scopes: "account:remove", expiresInDays: "7" });
    const next = new URL(answer.headers.get("location") ?? "", "http://app").searchParams.get("next") ?? "";
    expect([answer.status, next]).toEqual([303, expect.stringMatching(/^\/account\/tokens\?/)]);
    const back = (await page(next, browser)).html;
    expect(back).toContain("account:remove</textarea>");
    expect(back).toContain('value="a script"');
    expect((await make(browser, { preset: "everything" })).status).toBe(200);
  });
});

describe("the pages of those who run the platform", () => {
  test("list people, find them, and show one", async () => {
    const { email, id } = await someone();
    const list = (await page(`/admin/people?search=${email}`, ada)).html;
    expect(list).toContain(`/admin/people/${id}`);
    expect(list).not.toContain(`/admin/people/${await platform.personId(ADA)}`);
    expect((await page("/admin/people?search=nobody-at-all", ada)).html).toContain("Nobody was found");
    expect((await page(`/admin/people/${id}`, ada)).html).toContain(email);
    expect((await page("/admin/people/nonsense", ada)).status).toBe(404);
  });

  test("suspend, resume, promote and sign out by forms", async () => {
    const { id, browser } = await someone();
    const at = `/admin/people/${id}`;
    const submit = async (path: string, fields: Record<string, string> = {}) =>
      leadsTo(await world.submit(`${at}${path}`, fields, ada));
    expect(await submit("/instance-role", { role: "operator" })).toEqual([303, at]);
    expect((await page("/admin/people", browser)).status).toBe(200);
    expect(await submit("/instance-role", { role: "none" })).toEqual([303, at]);
    expect(await submit("/sessions/revoke")).toEqual([303, at]);
    expect(await submit("/suspend", { reason: "" })).toEqual([303, at]);
    expect((await page(at, ada)).html).toContain("Let them back in");
    expect(await submit("/resume")).toEqual([303, at]);
    expect((await world.get(at, ada)).body.suspendedAt).toBeNull();
  });

  test("ask before what cannot be undone", async () => {
    const { id, email } = await someone();
    await platform.addAuthenticator(email);
    const at = `/admin/people/${id}`;
    expect((await told(await world.submit(`${at}/second-factor/remove`, {}, ada))).html).toContain("Keep it");
    expect((await world.get(at, ada)).body.hasAuthenticator).toBe(true);
    await world.submit(`${at}/second-factor/remove`, { confirm: "yes" }, ada);
    expect((await world.get(at, ada)).body.hasAuthenticator).toBe(false);
    expect((await told(await world.submit(`${at}/remove`, {}, ada))).html).toContain(`Type ${email}.`);
    expect((await world.submit(`${at}/remove`, { confirm: "x" }, ada)).status).toBe(422);
    expect(await platform.exists(email)).toBe(true);
    expect(leadsTo(await world.submit(`${at}/remove`, { confirm: email }, ada))).toEqual([303, "/admin/people"]);
    expect(await platform.exists(email)).toBe(false);
  });

  test("tell operators why they only look, and everybody else nothing", async () => {
    const { id } = await someone();
    const operator = (await someone("member", "operator")).browser;
    expect((await page(`/admin/people/${id}`, operator)).html).toContain("Only owners of the platform can do this.");
    expect((await world.submit(`/admin/people/${id}/suspend`, {}, operator)).status).toBe(403);
    const { browser } = await someone("owner");
    expect((await page("/admin/people", browser)).status).toBe(404);
    expect((await page("/admin/organisations", browser)).status).toBe(404);
  });

  test("list organisations, rename and remove them", async () => {
    const slug = `closing${count}`;
    await platform.addOrganisation(slug);
    expect((await page("/admin/organisations", ada)).html).toContain(`/admin/organisations/${slug}`);
    const at = `/admin/organisations/${slug}`;
    expect((await world.submit(at, { name: "" }, ada)).status).toBe(422);
    expect(leadsTo(await world.submit(at, { name: "Closing" }, ada))).toEqual([303, at]);
    expect((await page(at, ada)).html).toContain("Closing");
    expect((await told(await world.submit(`${at}/remove`, {}, ada))).html).toContain(`Type ${slug}.`);
    expect(leadsTo(await world.submit(`${at}/remove`, { confirm: slug }, ada))).toEqual([303, "/admin/organisations"]);
    expect((await page(at, ada)).status).toBe(404);
  });
});
