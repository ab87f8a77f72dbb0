import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MAX_GRANTS } from "@homeport/kit/principal.ts";
import { MAX_GRANTS_OF_ONE } from "../src/grant.ts";
import { type OrganisationWorld, type Person, type Project, startOrganisationWorld } from "./organisation-world.ts";

let world: OrganisationWorld;
let admin: Person;
let stranger: Person;
let shop: Project;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
  stranger = await world.stranger("elsewhere");
  shop = await world.project(world.ada, "shop", ["production", "staging"]);
}, 60_000);
afterAll(() => world?.stop());

const team = (by: Person, slug: string, body: Record<string, unknown> = {}) =>
  world.call("POST", "/teams", by.headers, { slug, ...body });
const give = (by: Person, project: string, body: unknown) =>
  world.call("PUT", `/projects/${project}/grants`, by.headers, body);
const grantsIn = async (by: Person, project: string) =>
  (await world.call("GET", `/projects/${project}/grants?limit=100`, by.headers)).body.items;

describe("a team", () => {
  test("is made, renamed, filled, emptied and removed by an admin", async () => {
    const bob = await world.join("member");
    const made = await team(admin, "backend", { name: "The backend" });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ slug: "backend", memberCount: 0 })]);
    expect((await world.call("PATCH", `/teams/${made.body.id}`, admin.headers, { name: "Back" })).body.name).toBe(
      "Back",
    );
    const add = () => world.call("PUT", `/teams/backend/members/${bob.email}`, admin.headers, {});
    expect((await add()).body).toEqual({ id: bob.id, email: bob.email, name: "The member" });
    expect((await add()).status).toBe(200); // once more changes nothing
    expect((await world.call("GET", "/teams/backend", bob.headers)).body).toMatchObject({ memberCount: 1 });
    const out = () => world.call("DELETE", `/teams/backend/members/${bob.id}`, admin.headers);
    expect([(await out()).body, (await out()).body]).toEqual([{ removed: 1 }, { removed: 0 }]);
    expect((await world.call("DELETE", "/teams/backend", admin.headers)).body).toEqual({ removed: 1 });
    expect((await world.call("GET", "/teams/backend", admin.headers)).status).toBe(404);
  });

  test("is changed by nobody else, and is nothing to another organisation", async () => {
    await team(admin, "front");
    const bob = await world.join("developer");
    expect((await team(bob, "mine")).status).toBe(403);
    expect((await world.call("PUT", `/teams/front/members/${bob.id}`, bob.headers, {})).status).toBe(403);
    expect((await world.call("DELETE", "/teams/front", bob.headers)).status).toBe(403);
    expect((await world.call("GET", "/teams/front", stranger.headers)).status).toBe(404);
    expect((await world.call("DELETE", "/teams/front", stranger.headers)).status).toBe(404);
    await team(stranger, "front"); // the name is free there
    expect((await world.call("PUT", `/teams/front/members/${bob.id}`, stranger.headers, {})).status).toBe(404);
  });

  test("has a name of its own that is a slug", async () => {
    await team(admin, "twice");
    expect((await team(admin, "twice")).status).toBe(409);
    for (const slug of ["", "Big", "-a", "a".repeat(41)]) expect((await team(admin, slug)).status).toBe(400);
  });
});

describe("a role in a project", () => {
  test("lets a person, a team or a service account into that project, and ends at once", async () => {
    const bob = await world.join("member");
    const cloe = await world.join("member");
    expect((await world.call("GET", "/projects/shop/grants", bob.headers)).status).toBe(404);
    await team(admin, "keepers");
    await world.call("PUT", `/teams/keepers/members/${cloe.id}`, admin.headers, {});
    const own = await give(admin, "shop", { who: { person: bob.email }, role: "admin" });
    expect(own.body).toMatchObject({ role: "admin", environment: null, who: { kind: "person", id: bob.id } });
    const teams = await give(admin, "shop", { who: { team: "keepers" }, role: "admin" });
    for (const who of [bob, cloe]) expect((await grantsIn(who, "shop")).length).toBeGreaterThan(1);
    for (const { body } of [own, teams]) {
      const gone = await world.call("DELETE", `/projects/shop/grants/${body.id}`, admin.headers);
      expect(gone.body).toEqual({ removed: 1 });
    }
    for (const who of [bob, cloe]) {
      expect((await world.call("GET", "/projects/shop/grants", who.headers)).status).toBe(404);
    }
  });

  test("of admin lets its holder give roles there, and nowhere else", async () => {
    const bob = await world.join("member");
    const cloe = await world.join("member");
    await world.project(world.ada, "blog");
    await give(admin, "shop", { who: { person: bob.id }, role: "admin" });
    expect((await give(bob, "shop", { who: { person: cloe.id }, role: "developer" })).status).toBe(200);
    expect((await give(bob, "blog", { who: { person: bob.id }, role: "admin" })).status).toBe(404);
    expect((await world.call("GET", "/grants", bob.headers)).status).toBe(403);
    expect((await give(cloe, "shop", { who: { person: cloe.id }, role: "admin" })).status).toBe(403);
  });

  test("of admin in one environment gives nobody a role", async () => {
    const bob = await world.join("member");
    const given = await give(admin, "shop", { who: { person: bob.id }, role: "admin", environment: "staging" });
    expect(given.body.environment).toEqual({ id: shop.environments.staging, slug: "staging" });
    expect((await give(bob, "shop", { who: { person: bob.id }, role: "admin" })).status).toBe(404);
  });

  test("takes the place of another one at the same place", async () => {
    const bob = await world.join("member");
    const first = await give(admin, "shop", { who: { person: bob.id }, role: "viewer" });
    const second = await give(admin, "shop", { who: { person: bob.id }, role: "deployer" });
    expect([second.body.id, second.body.role]).toEqual([first.body.id, "deployer"]);
    await give(admin, shop.id, { who: { person: bob.id }, role: "admin", environment: shop.environments.production });
    const own = (await world.call("GET", `/grants?person=${bob.id}`, admin.headers)).body.items;
    expect(own.map(({ role }: { role: string }) => role)).toEqual(["deployer", "admin"]);
  });

  test("is refused to who is not there, by field, and in what is not there", async () => {
    const issuesOf = async (body: unknown) => {
      const answer = await give(admin, "shop", body);
      return [answer.status, answer.body.errors?.map(({ path }: { path: string }) => path)];
    };
    expect(await issuesOf({ who: { person: stranger.id }, role: "viewer" })).toEqual([400, ["who.person"]]);
    expect(await issuesOf({ who: { team: "nobody" }, role: "viewer" })).toEqual([400, ["who.team"]]);
    expect(await issuesOf({ who: { person: admin.id }, role: "viewer", environment: "x" })).toEqual([
      400,
      ["environment"],
    ]);
    expect((await give(admin, "shop", { who: { person: admin.id, team: "x" }, role: "viewer" })).status).toBe(400);
    expect((await give(admin, "shop", { who: { person: admin.id }, role: "owner" })).status).toBe(400);
    expect((await give(admin, "nothing", { who: { person: admin.id }, role: "viewer" })).status).toBe(404);
    expect((await give(stranger, "shop", { who: { person: stranger.id }, role: "admin" })).status).toBe(404);
    expect((await give(stranger, shop.id, { who: { person: stranger.id }, role: "admin" })).status).toBe(404);
  });

  test("is in the caller's project, when another organisation has one of the same name", async () => {
    await world.project(stranger, "namesake");
    await world.project(world.ada, "namesake");
    for (const owner of [stranger, world.ada]) {
      const given = await give(owner, "namesake", { who: { person: owner.id }, role: "viewer" });
      expect(given.status).toBe(200);
      const listed = await grantsIn(owner, "namesake");
      expect(listed.map(({ who }: { who: { id: string } }) => who.id)).toEqual([owner.id]);
    }
  });

  test("is listed by project, team and service account; what is not there has none", async () => {
    await team(admin, "listed");
    await world.call("POST", "/service-accounts", admin.headers, { slug: "robot" });
    await give(admin, "shop", { who: { team: "listed" }, role: "viewer" });
    await give(admin, "shop", { who: { serviceAccount: "robot" }, role: "deployer" });
    const names = async (query: string) =>
      (await world.call("GET", `/grants?${query}`, admin.headers)).body.items.map(
        ({ who }: { who: { name: string } }) => who.name,
      );
    expect(await names("team=listed")).toEqual(["listed"]);
    expect(await names("serviceAccount=robot&project=shop")).toEqual(["robot"]);
    expect(await names("team=nothing")).toEqual([]);
    expect((await world.call("GET", "/grants?cursor=x", admin.headers)).status).toBe(400);
  });

  test("is one of so many at most, for one holder and for what a person has by all their teams", async () => {
    const bob = await world.join("member");
    await world.database.admin`
      insert into auth.projects (organisation_id, id, slug)
      select ${admin.organisationId}, gen_random_uuid(), 'many-' || n from generate_series(1, ${MAX_GRANTS + 1}) n`;
    const fill = (column: string, id: string, from: number, count: number) => world.database.admin`
      insert into auth.grants (id, organisation_id, role, project_id, ${world.database.admin(column)})
      select gen_random_uuid(), organisation_id, 'viewer', id, ${id}
      from auth.projects
      where organisation_id = ${admin.organisationId} and slug like 'many-%'
      order by slug
      offset ${from} limit ${count}`;
    await fill("person_id", bob.id, 0, MAX_GRANTS_OF_ONE);
    expect((await give(admin, "shop", { who: { person: bob.id }, role: "viewer" })).status).toBe(409);
    for (const [index, slug] of ["many-a", "many-b"].entries()) {
      const { body } = await team(admin, slug);
      await fill("team_id", body.id, MAX_GRANTS_OF_ONE + index * 151, 151);
    }
    const join = (slug: string) => world.call("PUT", `/teams/${slug}/members/${bob.id}`, admin.headers, {});
    expect((await join("many-a")).status).toBe(200);
    expect((await join("many-b")).status).toBe(409); // 200 of their own and 2 times 151 are more than 500
  });
});
