import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type PlatformOf, platformOf } from "./platform.ts";
import { ADA, startWorld, type World } from "./world.ts";

let world: World;
let platform: PlatformOf;
beforeAll(async () => {
  world = await startWorld();
  platform = platformOf(world);
}, 60_000);
afterAll(() => world?.stop());

let count = 0;
const someone = async (role = "developer") => {
  count += 1;
  const email = `leaver${count}@example.com`;
  await world.addPerson(email, role);
  return { email, browser: await world.signIn(email), id: await platform.personId(email) };
};

const leave = (browser: Record<string, string>, confirm: string) =>
  platform.call("DELETE", "/me", browser, { confirm });

describe("an account", () => {
  test("is removed with everything that is its person's, and written down in every organisation", async () => {
    const { email, browser, id } = await someone();
    const token = await world.token(browser);
    const other = await platform.addOrganisation(`second${count}`);
    await platform.join(ADA, other, "owner");
    await platform.join(email, other, "viewer");
    expect(await leave(browser, email)).toMatchObject({ status: 200, body: { removed: true, organisations: [] } });
    expect(await platform.exists(email)).toBe(false);
    expect((await world.get("/me", browser)).status).toBe(401);
    expect((await world.get("/me", token.headers)).status).toBe(401);
    const home = (await world.get("/me", await world.signIn())).body.organisation.id;
    for (const organisationId of [null, home, other]) {
      expect(await platform.audited(organisationId)).toContainEqual({
        action: "account:remove",
        subjectId: id,
        actorId: id,
      });
    }
  });

  test("takes along organisations without projects that nobody else is in", async () => {
    const { email, browser } = await someone();
    const own = await platform.addOrganisation(`own${count}`);
    await platform.join(email, own, "owner");
    expect((await leave(browser, email)).body).toEqual({ removed: true, organisations: [`own${count}`] });
    expect(await world.database.admin`select id from auth.organisations where id = ${own}`).toHaveLength(0);
    expect((await platform.audited(own)).map(({ action }) => action)).toEqual([
      "account:remove",
      "organisation:remove",
    ]);
  });

  test("stays while an organisation would lose its last owner, or its projects everybody, and says which", async () => {
    const { email, browser } = await someone();
    const [shared, busy] = [`shared${count}`, `busy${count}`];
    const sharedId = await platform.addOrganisation(shared);
    await platform.join(email, sharedId, "owner");
    await platform.join(ADA, sharedId, "admin");
    const busyId = await platform.addOrganisation(busy);
    await platform.join(email, busyId, "owner");
    await platform.addProject(busyId, "shop");
    const refused = await leave(browser, email);
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(refused.body.detail).toContain(`${busy} (has projects), ${shared} (has no other owner)`);
    await world.database.admin`
      update auth.memberships set role = 'owner'
      where organisation_id = ${sharedId} and person_id = ${await platform.personId(ADA)}`;
    await world.database.admin`delete from auth.projects where organisation_id = ${busyId}`;
    expect((await leave(browser, email)).body.organisations).toEqual([busy]);
  });

  test("an owner who is suspended is none", async () => {
    const [mine, theirs] = [await someone("viewer"), await someone("viewer")];
    const id = await platform.addOrganisation(`two${count}`);
    await platform.join(mine.email, id, "owner");
    await platform.join(theirs.email, id, "owner");
    await world.database.admin`update auth.people set suspended_at = now() where id = ${theirs.id}`;
    expect((await leave(mine.browser, mine.email)).status).toBe(409);
    await world.database.admin`update auth.people set suspended_at = null where id = ${theirs.id}`;
    expect((await leave(mine.browser, mine.email)).status).toBe(200);
  });

  test("needs its address, a proof of the last ten minutes, and a token that names it", async () => {
    const { email, browser } = await someone();
    const wrong = await leave(browser, "other@example.com");
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, "confirm"]);
    expect((await leave((await world.token(browser)).headers, email)).body.code).toBe("forbidden");
    const named = await world.token(browser, { scopes: ["account:remove"] });
    await platform.ageProofs();
    expect((await leave(browser, email)).body.code).toBe("unverified");
    expect(await platform.exists(email)).toBe(true);
    expect((await leave(named.headers, email)).status).toBe(200);
  });

  test("of the platform's last owner stays, and of two owners who go at once one does", async () => {
    const ada = await world.signIn();
    const refused = await leave(ada, ADA);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("platform needs an owner")]);
    const [first, second] = [await someone(), await someone()];
    await platform.promote(first.email, "owner");
    await platform.promote(second.email, "owner");
    await platform.promote(ADA, null);
    const answers = await Promise.all([leave(first.browser, first.email), leave(second.browser, second.email)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await platform.promote(ADA, "owner");
  });

  test("of two last owners of an organisation who go at once one does", async () => {
    const [first, second, third] = [await someone(), await someone(), await someone()];
    const id = await platform.addOrganisation(`race${count}`);
    for (const { email } of [first, second]) await platform.join(email, id, "owner");
    await platform.join(third.email, id, "viewer");
    const answers = await Promise.all([leave(first.browser, first.email), leave(second.browser, second.email)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

test("the page asks for the address, refuses another, and ends with the sign-in page", async () => {
  const { email, browser } = await someone();
  const page = await (await world.request("/account/delete", { headers: browser })).text();
  expect(page).toContain("Delete your account?");
  const refused = await world.submit("/account/delete", { confirm: "x@example.com" }, browser);
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain("Type the e-mail address of the account");
  const gone = await world.submit("/account/delete", { confirm: ` ${email.toUpperCase()} ` }, browser);
  expect([gone.status, gone.headers.get("location")]).toEqual([303, "/sign-in?account=gone"]);
  expect(await (await world.request("/sign-in?account=gone")).text()).toContain("Your account is gone.");
  expect(await (await world.request("/sign-in")).text()).not.toContain("Your account is gone.");
  expect(gone.headers.get("set-cookie")).toContain("Max-Age=0");
  expect(await platform.exists(email)).toBe(false);
  const stale = await someone();
  await platform.ageProofs();
  const confirm = await world.request("/account/delete", { headers: stale.browser });
  expect(confirm.headers.get("location")).toBe("/sign-in/confirm?next=%2Faccount%2Fdelete");
});

test("without a mail server no address is changed, and the page says why", async () => {
  const { email, browser } = await someone();
  const refused = await platform.call("POST", "/me/email", browser, { email: `new-${email}` });
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("No mail server is set up")]);
  const page = await (await world.request("/account", { headers: browser })).text();
  expect(page).toContain("No mail server is set up here, so no link can be sent.");
});
