import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";

let world: OrganisationWorld;
let admin: Person;
let stranger: Person;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
  stranger = await world.stranger("elsewhere");
}, 60_000);
afterAll(() => world?.stop());

type Headers = Record<string, string>;
const create = (headers: Headers, slug: string, body: Record<string, unknown> = {}) =>
  world.call("POST", "/service-accounts", headers, { slug, ...body });
const tokenOf = async (headers: Headers, slug: string, body: Record<string, unknown> = {}) => {
  const answer = await world.call("POST", `/service-accounts/${slug}/tokens`, headers, { name: "a token", ...body });
  return { ...answer, headers: { authorization: `Bearer ${answer.body.token}` } };
};
const members = async (headers: Headers) => (await world.call("GET", "/members", headers)).status;

describe("a service account", () => {
  test("works with its tokens, in its role, and ends at once", async () => {
    const made = await create(admin.headers, "deploys", { description: "CI", role: "admin" });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ slug: "deploys", role: "admin" })]);
    const token = await tokenOf(admin.headers, "deploys");
    expect(token.status).toBe(201);
    expect(await members(token.headers)).toBe(200);
    expect((await world.get("/me", token.headers)).status).toBe(403); // it is nobody
    expect((await world.get("/whoami", token.headers)).body).toMatchObject({
      kind: "service",
      name: "deploys",
      role: "admin",
      instanceRole: null,
      scopes: ["*"],
    });
    expect((await world.call("GET", "/invites", token.headers)).status).toBe(200);
    await world.call("PATCH", "/service-accounts/deploys", admin.headers, { role: "viewer" });
    expect((await world.call("GET", "/invites", token.headers)).status).toBe(403);
    expect((await world.call("GET", "/service-accounts/deploys/tokens", admin.headers)).body.items).toHaveLength(1);
    expect((await world.call("DELETE", "/service-accounts/deploys", admin.headers)).body).toEqual({ removed: 1 });
    expect(await members(token.headers)).toBe(401);
  });

  test("is managed by admins only, and is nothing to another organisation", async () => {
    await create(admin.headers, "mine");
    const developer = await world.join("developer");
    expect((await create(developer.headers, "theirs")).status).toBe(403);
    expect((await tokenOf(developer.headers, "mine")).status).toBe(403);
    expect((await world.call("GET", "/service-accounts", developer.headers)).status).toBe(403);
    expect((await tokenOf(stranger.headers, "mine")).status).toBe(404);
    expect((await world.call("DELETE", "/service-accounts/mine", stranger.headers)).status).toBe(404);
    expect((await world.call("GET", "/service-accounts", stranger.headers)).body.items).toEqual([]);
  });

  test("has a name of its own, and owns nothing", async () => {
    await create(admin.headers, "once");
    expect((await create(admin.headers, "once")).status).toBe(409);
    expect((await create(world.ada.headers, "king", { role: "owner" })).status).toBe(400);
    expect((await create(world.ada.headers, "Big")).status).toBe(400);
  });

  test("loses one token when that is revoked, by its own organisation", async () => {
    await create(admin.headers, "two-keys");
    const [one, two] = [await tokenOf(admin.headers, "two-keys"), await tokenOf(admin.headers, "two-keys")];
    await create(admin.headers, "other");
    const revoke = async (slug: string) =>
      (await world.call("DELETE", `/service-accounts/${slug}/tokens/${one.body.id}`, admin.headers)).body;
    expect(await revoke("other")).toEqual({ removed: 0 });
    expect(await revoke("two-keys")).toEqual({ removed: 1 });
    await waitFor(async () => (await members(one.headers)) === 401);
    expect(await members(two.headers)).toBe(200);
  });
});

describe("a token makes no credential that is more than itself", () => {
  test("neither one of a service account with wider scopes, nor one that lives longer", async () => {
    await create(admin.headers, "narrowed", { role: "admin" });
    const scopes = ["service-account:*", "member:read"];
    const parent = await world.token(admin.headers, { scopes, expiresInDays: 5 });
    expect((await tokenOf(parent.headers, "narrowed")).status).toBe(403); // "*" is the default
    expect((await tokenOf(parent.headers, "narrowed", { scopes: ["team:read"] })).status).toBe(403);
    const child = await tokenOf(parent.headers, "narrowed", { scopes: ["member:read"], expiresInDays: 300 });
    expect(child.status).toBe(201);
    expect(child.body.expiresAt).toBe(parent.body.expiresAt);
    const own = await tokenOf(admin.headers, "narrowed", { scopes });
    expect((await tokenOf(own.headers, "narrowed", { scopes: ["*"] })).status).toBe(403); // nor itself
  });

  test("nor a service account, nor a role for one, unless it is not narrowed", async () => {
    await create(admin.headers, "raised");
    const narrow = await world.token(admin.headers, { scopes: ["service-account:*"] });
    expect((await create(narrow.headers, "by-token")).status).toBe(403);
    const raise = (headers: Headers) => world.call("PATCH", "/service-accounts/raised", headers, { role: "admin" });
    expect((await raise(narrow.headers)).status).toBe(403);
    const describe = { description: "anything" };
    expect((await world.call("PATCH", "/service-accounts/raised", narrow.headers, describe)).status).toBe(200);
    const whole = await world.token(admin.headers);
    expect((await raise(whole.headers)).status).toBe(200);
  });

  test("nor one that names what * does not cover", async () => {
    const whole = await world.token(world.ada.headers);
    const named = { name: "x", scopes: ["organisation:remove"] };
    expect((await world.call("POST", "/tokens", whole.headers, named)).status).toBe(403);
    expect((await world.call("POST", "/tokens", world.ada.headers, named)).status).toBe(201);
    const naming = await world.token(world.ada.headers, { scopes: ["token:create", "organisation:remove"] });
    expect((await world.call("POST", "/tokens", naming.headers, named)).status).toBe(201);
    await world.database.admin`
      update auth.sessions set verified_at = now() - interval '11 minutes' where person_id = ${admin.id}`;
    const stale = await world.call("POST", "/tokens", admin.headers, named);
    expect([stale.status, stale.body.code]).toEqual([403, "unverified"]);
    expect((await world.call("POST", "/tokens", admin.headers, { name: "x" })).status).toBe(201);
    await world.database.admin`update auth.sessions set verified_at = now() where person_id = ${admin.id}`;
  });
});

describe("a token for everything", () => {
  test("makes one that names what * covers", async () => {
    const whole = await world.token(world.ada.headers);
    const named = { name: "x", scopes: ["member:read", "team:write"] };
    expect((await world.call("POST", "/tokens", whole.headers, named)).status).toBe(201);
  });

  test("makes none that names what no running app declares: it could be dangerous", async () => {
    const whole = await world.token(world.ada.headers);
    const named = { name: "x", scopes: ["rocket:launch"] };
    expect((await world.call("POST", "/tokens", whole.headers, named)).status).toBe(400);
  });
});

describe("scopes", () => {
  test("may name a project and its environment by slug, and are kept by id", async () => {
    const shop = await world.project(world.ada, "shop", ["production"]);
    const wanted = ["project:read@project/shop", `*@project/${shop.id}/environment/production`];
    const token = await world.token(world.ada.headers, { scopes: wanted });
    expect(token.body.scopes).toEqual([
      `project:read@project/${shop.id}`,
      `*@project/${shop.id}/environment/${shop.environments.production}`,
    ]);
  });

  test("about what is not there, or hidden, are refused by field", async () => {
    await world.project(stranger, "theirs");
    await world.project(world.ada, "hidden");
    const member = await world.join("member");
    const issues = async (headers: Headers, scopes: string[]) => {
      const { status, body } = await world.call("POST", "/tokens", headers, { name: "x", scopes });
      return [status, body.errors?.map(({ path }: { path: string }) => path)];
    };
    const hidden = ["*@project/hidden"];
    expect(await issues(world.ada.headers, ["*", "*@project/theirs"])).toEqual([400, ["scopes.1"]]);
    expect(await issues(world.ada.headers, ["*@project/hidden/environment/x"])).toEqual([400, ["scopes.0"]]);
    expect(await issues(member.headers, hidden)).toEqual([400, ["scopes.0"]]);
    expect(await issues(world.ada.headers, ["project:read@"])).toEqual([400, ["scopes.0"]]);
    const grant = { who: { person: member.id }, role: "viewer" };
    await world.call("PUT", "/projects/hidden/grants", world.ada.headers, grant);
    expect((await world.call("POST", "/tokens", member.headers, { name: "x", scopes: hidden })).status).toBe(201);
  });
});
