import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { MAIL_ENV, type PlatformOf, platformOf } from "./platform.ts";
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
  const email = `someone${count}@example.com`;
  await world.addPerson(email, role);
  if (instanceRole !== null) await platform.promote(email, instanceRole);
  return { email, browser: await world.signIn(email), id: await platform.personId(email) };
};

const suspend = (by: Record<string, string>, id: string, reason?: string) =>
  platform.call("POST", `/admin/people/${id}/suspend`, by, reason === undefined ? {} : { reason });
const promote = (by: Record<string, string>, id: string, role: string | null) =>
  platform.call("PUT", `/admin/people/${id}/instance-role`, by, { role });
const remove = (by: Record<string, string>, id: string) => platform.call("DELETE", `/admin/people/${id}`, by);

describe("the people of the platform", () => {
  test("are listed newest first, in pages, with their organisations; and found by address or name", async () => {
    const [first, second] = [await someone("viewer"), await someone("auditor", "operator")];
    const page = (await world.get("/admin/people?limit=1", ada)).body;
    expect(page.items).toEqual([
      expect.objectContaining({
        id: second.id,
        email: second.email,
        instanceRole: "operator",
        suspendedAt: null,
        hasAuthenticator: false,
        organisations: [expect.objectContaining({ slug: "home", role: "auditor" })],
      }),
    ]);
    const next = (await world.get(`/admin/people?limit=1&cursor=${page.nextCursor}`, ada)).body;
    expect(next.items[0].id).toBe(first.id);
    const found = async (search: string) => {
      const { body } = await world.get(`/admin/people?search=${encodeURIComponent(search)}`, ada);
      return body.items.map(({ email }: { email: string }) => email);
    };
    expect(await found(first.email.toUpperCase())).toEqual([first.email]);
    expect(await found(" ada ")).toEqual([ADA]);
    expect(await found("%")).toEqual([]);
    expect((await world.get("/admin/people?cursor=nonsense", ada)).status).toBe(400);
  });

  test("include those who are in no organisation", async () => {
    const { id, email } = await someone();
    await platform.leaveAll(email);
    const { body } = await world.get(`/admin/people/${id}`, ada);
    expect(body).toMatchObject({ email, organisations: [], lastSeenAt: null, sessions: 0, tokens: 0 });
  });

  test("are shown one by one with what they are signed in with", async () => {
    const { id, browser } = await someone();
    await world.token(browser);
    const { body } = await world.get(`/admin/people/${id}`, ada);
    expect(body).toMatchObject({ id, sessions: 1, tokens: 1 });
    expect(Date.now() - Date.parse(body.lastSeenAt)).toBeLessThan(60_000);
    expect((await world.get(`/admin/people/${Bun.randomUUIDv7()}`, ada)).status).toBe(404);
  });

  test("are nobody's business but of those who run the platform; operators only look", async () => {
    const { id } = await someone();
    const operator = (await someone("member", "operator")).browser;
    expect((await world.get("/admin/people", operator)).status).toBe(200);
    expect((await suspend(operator, id)).status).toBe(403);
    expect((await promote(operator, id, "owner")).status).toBe(403);
    expect((await remove(operator, id)).status).toBe(403);
    for (const role of ["owner", "admin", "auditor", "deployer", "developer", "viewer", "member"]) {
      const { browser } = await someone(role);
      expect((await world.get("/admin/people", browser)).status).toBe(404);
      expect((await world.get(`/admin/people/${id}`, browser)).status).toBe(404);
      expect((await suspend(browser, id)).status).toBe(404);
      expect((await remove(browser, id)).status).toBe(404);
    }
    expect((await world.get("/admin/people")).status).toBe(401);
  });
});

describe("who is suspended", () => {
  test("is out at once, by session and token, until resumed; sessions stay ended", async () => {
    const { email, id, browser } = await someone();
    const token = await world.token(browser);
    expect((await suspend(ada, id, "left the company")).body.suspendedAt).not.toBeNull();
    const page = await world.request(`/admin/people/${id}`, { headers: ada });
    expect(await page.text()).toContain("no session now");
    expect((await world.get("/me", browser)).status).toBe(401);
    expect((await world.get("/me", token.headers)).status).toBe(401);
    await expect(world.signIn(email)).rejects.toThrow();
    const resumed = await platform.call("POST", `/admin/people/${id}/resume`, ada);
    expect(resumed.body.suspendedAt).toBeNull();
    expect((await world.get("/me", token.headers)).status).toBe(200);
    expect((await world.get("/me", browser)).status).toBe(401);
    await world.signIn(email);
    const [entry] = await world.database.admin<{ content: string }[]>`
      select content from platform.audit_entries where action = 'person:suspend' and subject_id = ${id}`;
    expect(JSON.parse(entry?.content ?? "{}")).toMatchObject({
      reason: "left the company",
      organisationId: null,
      subject: { kind: "person", id, name: "Somebody" },
    });
  });

  test("is not oneself, and never the last owner of the platform", async () => {
    expect((await suspend(ada, await platform.personId(ADA))).status).toBe(409);
    const [first, second] = [await someone("viewer", "owner"), await someone("viewer", "owner")];
    await platform.promote(ADA, null);
    const answers = await Promise.all([suspend(first.browser, second.id), suspend(second.browser, first.id)]);
    await platform.promote(ADA, "owner");
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1); // the other is refused, or already out
    const active = await world.database.admin`
      select id from auth.people
      where suspended_at is null and id in (${first.id}, ${second.id})`;
    expect(active).toHaveLength(1);
  });
});

describe("a role on the platform", () => {
  test("is given and taken by owners, and holds at once", async () => {
    const { id, browser } = await someone("member");
    expect((await promote(ada, id, "operator")).body.instanceRole).toBe("operator");
    expect((await world.get("/admin/people", browser)).status).toBe(200);
    expect((await promote(ada, id, null)).body.instanceRole).toBeNull();
    expect((await world.get("/admin/people", browser)).status).toBe(404);
    expect((await promote(ada, id, "admin")).status).toBe(400);
    expect((await promote(ada, Bun.randomUUIDv7(), null)).status).toBe(404);
  });

  test("of the last owner stays", async () => {
    const adaId = await platform.personId(ADA);
    await world.database.admin`
      update auth.people set instance_role = null where instance_role = 'owner' and id <> ${adaId}`;
    expect((await promote(ada, adaId, "operator")).status).toBe(409);
    const { id, browser } = await someone("viewer", "owner");
    const answers = await Promise.all([promote(ada, id, null), promote(browser, adaId, null)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const owners = await world.database.admin`select id from auth.people where instance_role = 'owner'`;
    expect(owners).toHaveLength(1);
    await platform.promote(ADA, "owner");
  });

  test("needs a proof of the last ten minutes, or a token that names the action", async () => {
    const { id } = await someone();
    const named = await world.token(ada, { scopes: ["person:promote"] });
    const star = await world.token(ada);
    await platform.ageProofs();
    expect((await promote(ada, id, "operator")).body.code).toBe("unverified");
    expect((await promote(star.headers, id, "operator")).body.code).toBe("forbidden");
    expect((await promote(named.headers, id, "operator")).status).toBe(200);
  });
});

test("a second factor is removed for who lost it, and they are told", async () => {
  const { id, email } = await someone();
  await platform.addAuthenticator(email);
  const path = `/admin/people/${id}/second-factor`;
  expect((await platform.call("DELETE", path, ada)).body).toEqual({ removed: 1 });
  expect((await world.get(`/admin/people/${id}`, ada)).body.hasAuthenticator).toBe(false);
  expect(await world.database.admin`select code_hash from auth.recovery_codes where person_id = ${id}`).toHaveLength(0);
  expect((await platform.mails()).at(-1)).toMatchObject({ to: email, subject: "Your second factor was removed" });
  expect(await platform.audited(null)).toContainEqual(
    expect.objectContaining({ action: "person:reset", subjectId: id }),
  );
  expect((await platform.call("DELETE", path, ada)).body).toEqual({ removed: 0 });
  await platform.ageProofs();
  expect((await platform.call("DELETE", path, ada)).body.code).toBe("unverified");
});

test("somebody is signed out everywhere, and their tokens stay", async () => {
  const { id, email, browser } = await someone();
  const token = await world.token(browser);
  await world.signIn(email);
  expect((await platform.call("DELETE", `/admin/people/${id}/sessions`, ada)).body).toEqual({ removed: 2 });
  expect((await world.get("/me", browser)).status).toBe(401);
  expect((await world.get("/me", token.headers)).status).toBe(200);
});

test("an account is removed by the rules of its own person's removal", async () => {
  const { id, email, browser } = await someone();
  const organisationId = await platform.addOrganisation(`held${count}`);
  await platform.join(email, organisationId, "owner");
  await platform.addProject(organisationId, "shop");
  const held = await remove(ada, id);
  expect([held.status, held.body.detail]).toEqual([409, expect.stringContaining(`held${count} (has projects)`)]);
  await world.database.admin`delete from auth.projects where organisation_id = ${organisationId}`;
  expect((await remove(ada, id)).body).toEqual({ removed: true, organisations: [`held${count}`] });
  expect(await platform.exists(email)).toBe(false);
  expect((await world.get("/me", browser)).status).toBe(401);
  expect((await remove(ada, id)).status).toBe(404);
});
