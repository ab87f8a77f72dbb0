import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MAX_ORGANISATIONS } from "../src/organisation.ts";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";
import { storeSettings } from "./settings.ts";

let world: OrganisationWorld;
let admin: Person;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
}, 60_000);
afterAll(() => world?.stop());

const create = (by: Person, slug: string, name?: string) =>
  world.call("POST", "/organisations", by.headers, { slug, ...(name === undefined ? {} : { name }) });
const switchTo = (by: Person, organisation: string) =>
  world.call("POST", "/organisation/switch", by.headers, { organisation });
const current = async (by: Person) => (await world.get("/me", by.headers)).body.organisation?.slug;
const remove = (by: Person, confirm: string) => world.call("DELETE", "/organisation", by.headers, { confirm });

describe("an organisation", () => {
  test("is made by owners of the platform, who own it and can work in it", async () => {
    expect((await create(admin, "admins")).status).toBe(403);
    const made = await create(world.ada, "second", "The second");
    expect([made.status, made.body]).toEqual([201, { id: expect.any(String), slug: "second", name: "The second" }]);
    expect((await create(world.ada, "second")).status).toBe(409);
    expect((await create(world.ada, "Second")).status).toBe(400);
    const { body } = await world.call("GET", "/organisations", world.ada.headers);
    expect(body.items).toEqual([
      expect.objectContaining({ slug: "home", role: "owner", current: true }),
      expect.objectContaining({ slug: "second", role: "owner", current: false }),
    ]);
    expect((await switchTo(world.ada, "second")).body).toMatchObject({ organisation: { slug: "second" } });
    expect(await current(world.ada)).toBe("second");
    expect((await world.call("GET", "/members", world.ada.headers)).body.items).toHaveLength(1);
    expect((await switchTo(world.ada, made.body.id)).status).toBe(200);
    await switchTo(world.ada, "home");
    const entries = await world.database.admin<{ organisation: string }[]>`
      select organisation_id as organisation from platform.audit_entries where action = 'session:switch' order by id`;
    const home = world.ada.organisationId;
    expect(entries.map(({ organisation }) => organisation)).toEqual([made.body.id, made.body.id, home]);
  });

  test("is nobody's to switch to but its members', and only sessions switch", async () => {
    await world.stranger("foreign");
    for (const slug of ["foreign", "nothing", Bun.randomUUIDv7()]) {
      expect((await switchTo(world.ada, slug)).status).toBe(404);
    }
    const token = await world.token(world.ada.headers);
    const answer = await world.call("POST", "/organisation/switch", token.headers, { organisation: "second" });
    expect(answer.status).toBe(403);
    expect(await current(world.ada)).toBe("home");
  });

  test("is renamed by admins", async () => {
    const rename = (by: Person, name: string) => world.call("PATCH", "/organisation", by.headers, { name });
    expect((await rename(await world.join("developer"), "Mine")).status).toBe(403);
    expect((await rename(admin, " ")).status).toBe(400);
    expect((await rename(admin, "The home")).body.name).toBe("The home");
    const { body } = await world.call("GET", "/organisation", admin.headers);
    expect(body).toMatchObject({ slug: "home", name: "The home", projectCount: 0 });
  });

  test("is made by everybody, up to a bound, when that is switched on", async () => {
    const bob = await world.join("member");
    expect((await create(bob, "bobs")).status).toBe(403);
    await storeSettings(world, { "open-organisations": true });
    expect((await create(bob, "bobs")).status).toBe(201);
    await world.database.admin`
      insert into auth.organisations (id, slug, name)
      select gen_random_uuid(), 'many-' || n, 'many' from generate_series(1, ${MAX_ORGANISATIONS}) n`;
    await world.database.admin`
      insert into auth.memberships (person_id, organisation_id, role)
      select ${world.ada.id}, id, 'viewer' from auth.organisations where name = 'many'`;
    expect((await create(world.ada, "too-many")).status).toBe(409);
    await world.database.admin`delete from auth.organisations where name = 'many'`;
  });
});

describe("removing an organisation", () => {
  test("wants its slug, an owner with a fresh proof, and no projects", async () => {
    const owner = await world.stranger("doomed");
    const project = await world.project(owner, "still-there");
    expect((await remove(owner, "other")).status).toBe(400);
    expect((await remove(owner, "doomed")).status).toBe(409);
    await world.database.admin`delete from auth.projects where id = ${project.id}`;
    expect((await remove(admin, "home")).status).toBe(403);
    await world.database.admin`
      update auth.sessions set verified_at = now() - interval '11 minutes' where person_id = ${owner.id}`;
    expect((await remove(owner, "doomed")).body.code).toBe("unverified");
    const token = await world.token(owner.headers);
    expect((await world.call("DELETE", "/organisation", token.headers, { confirm: "doomed" })).status).toBe(403);
    await world.database.admin`update auth.sessions set verified_at = now() where person_id = ${owner.id}`;
    expect((await remove(owner, "doomed")).body).toEqual({ removed: 1, withoutOrganisation: 1 });
    expect((await world.get("/me", owner.headers)).status).toBe(401);
    expect((await world.get("/me", token.headers)).status).toBe(401);
  });

  test("takes sessions over to another one of their people", async () => {
    await create(world.ada, "passing");
    await switchTo(world.ada, "passing");
    expect((await remove(world.ada, "passing")).body).toEqual({ removed: 1, withoutOrganisation: 0 });
    expect(await current(world.ada)).toBe("home");
  });

  test("is refused when no owner of the platform could sign in any more", async () => {
    await world.database.admin`delete from auth.organisations where slug = 'second'`;
    expect((await remove(world.ada, "home")).status).toBe(409);
    expect(await current(world.ada)).toBe("home");
  });

  test("is written down in its own log and in the platform's", async () => {
    const owner = await world.stranger("logged");
    await remove(owner, "logged");
    const rows = await world.database.admin`
      select organisation_id from platform.audit_entries
      where content::text like ${`%organisation:remove%${owner.organisationId}%`}`;
    expect(rows.map((row) => row.organisation_id).sort()).toEqual([owner.organisationId, null].sort());
  });
});
