import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type PlatformOf, platformOf } from "./platform.ts";
import { ADA, startWorld, type World } from "./world.ts";

let world: World;
let platform: PlatformOf;
let ada: { cookie: string };
beforeAll(async () => {
  world = await startWorld();
  platform = platformOf(world);
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  ada = await world.signIn();
});

let count = 0;
const organisation = async () => {
  count += 1;
  const slug = `team${count}`;
  return { slug, id: await platform.addOrganisation(slug) };
};
const someone = async (role: string, instanceRole: string | null = null) => {
  count += 1;
  const email = `someone${count}@example.com`;
  await world.addPerson(email, role);
  if (instanceRole !== null) await platform.promote(email, instanceRole);
  return { email, browser: await world.signIn(email) };
};
const close = (by: Record<string, string>, reference: string) =>
  platform.call("DELETE", `/admin/organisations/${reference}`, by);

describe("the organisations of the platform", () => {
  test("are listed by slug, in pages, with how much is in them", async () => {
    const { slug, id } = await organisation();
    await platform.join(ADA, id, "viewer");
    await platform.addProject(id, "shop");
    const first = (await world.get("/admin/organisations?limit=1", ada)).body;
    expect(first).toMatchObject({ items: [{ slug: "home" }], nextCursor: "home" });
    const rest = (await world.get("/admin/organisations?cursor=home", ada)).body;
    expect(rest.items).toContainEqual(expect.objectContaining({ id, slug, name: slug, members: 1, projects: 1 }));
  });

  test("are listed to those who run the platform and nobody else; operators only look", async () => {
    const { slug } = await organisation();
    const operator = (await someone("member", "operator")).browser;
    expect((await world.get("/admin/organisations", operator)).status).toBe(200);
    expect((await close(operator, slug)).status).toBe(403);
    for (const role of ["owner", "admin", "auditor", "member"]) {
      const { browser } = await someone(role);
      expect((await world.get("/admin/organisations", browser)).status).toBe(404);
      expect((await close(browser, slug)).status).toBe(404);
      const renamed = await platform.call("PATCH", `/admin/organisations/${slug}`, browser, { name: "x" });
      expect(renamed.status).toBe(404);
    }
    expect((await world.get("/admin/organisations")).status).toBe(401);
  });

  test("get another name by slug or id, which both logs tell", async () => {
    const { slug, id } = await organisation();
    const rename = (reference: string, name: string) =>
      platform.call("PATCH", `/admin/organisations/${reference}`, ada, { name });
    expect((await rename(slug, "The Team")).body).toMatchObject({ id, slug, name: "The Team" });
    expect((await rename(id, "The other Team")).body.name).toBe("The other Team");
    expect((await rename(slug, " ")).status).toBe(400);
    expect((await rename("missing", "x")).status).toBe(404);
    for (const chain of [null, id]) {
      const own = (await platform.audited(chain)).filter(({ subjectId }) => subjectId === id);
      expect(own.map(({ action }) => action)).toEqual(["organisation:rename", "organisation:rename"]);
    }
  });

  test("are removed once they have no projects; sessions in them go on in another one", async () => {
    const { slug, id } = await organisation();
    const { email, browser } = await someone("viewer");
    await platform.join(email, id, "owner");
    await world.database.admin`
      update auth.sessions set organisation_id = ${id}
      where person_id = ${await platform.personId(email)}`;
    expect((await world.get("/me", browser)).body.organisation.slug).toBe(slug);
    await platform.addProject(id, "shop");
    expect((await close(ada, slug)).status).toBe(409);
    await world.database.admin`delete from auth.projects where organisation_id = ${id}`;
    expect((await close(ada, slug)).body).toEqual({ removed: true });
    expect((await world.get("/me", browser)).body.organisation.slug).toBe("home");
    expect((await close(ada, slug)).status).toBe(404);
    for (const chain of [null, id]) {
      expect(await platform.audited(chain)).toContainEqual(
        expect.objectContaining({ action: "organisation:close", subjectId: id }),
      );
    }
  });

  test("stay while who asks has no other, and need a proof of the last ten minutes", async () => {
    await platform.leaveAll(ADA);
    const { slug, id } = await organisation();
    await platform.join(ADA, id, "owner");
    const only = await world.signIn();
    const refused = await close(only, slug);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("no other organisation")]);
    const other = await organisation();
    await platform.ageProofs();
    expect((await close(only, other.slug)).body.code).toBe("unverified");
    await platform.join(ADA, other.id, "owner");
    expect((await close(await world.signIn(), slug)).status).toBe(200);
  });
});
