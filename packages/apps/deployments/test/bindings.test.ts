import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const PG = ["DATABASE_URL", "PGDATABASE", "PGHOST", "PGPASSWORD", "PGPORT", "PGUSER"];

/** A project with a service `api` and the database `db`. */
const scene = async (...others: string[]) => {
  const { at, workloads } = await drafts.newProject("api", ...others);
  const added = await world.post(`${at}/services/from-template`, { template: "postgres", slug: "db" });
  if (added.status !== 201) throw new Error(JSON.stringify(added.body));
  return { at, api: `${at}/services/api`, workload: workloads.api ?? "" };
};

type Binding = { to: string; variables: { name: string; export: string; scope: string }[] };
const bindingsOf = async (path: string, environment = "production"): Promise<[string, string[]][]> =>
  (await world.get(`${path}/bindings?environment=${environment}`)).body.items.map(({ to, variables }: Binding) => [
    to,
    variables.map(({ name }) => name),
  ]);

test("a service that is bound gets what it needs to reach the database, by references that follow it", async () => {
  const { at, api, workload } = await scene();
  const bound = await world.post(`${api}/bindings`, { to: "db" });
  expect([bound.status, bound.body]).toEqual([201, { to: "db", set: PG }]);
  await world.patch(`${at}/services/db`, { slug: "main" });
  expect(await bindingsOf(api)).toEqual([["main", PG]]);
  await drafts.goLive(api, workload);
  const env = drafts.given(workload);
  expect(env.DATABASE_URL).toBe(`postgres://app:${env.PGPASSWORD}@main:5432/app`);
  expect(env).toMatchObject({ PGHOST: "main", PGPORT: "5432", PGUSER: "app", PGDATABASE: "app" });
  const { body: listed } = await world.get(`${api}/variables`);
  expect(listed.items.find(({ name }: { name: string }) => name === "DATABASE_URL").refers).toMatchObject([
    { name: "main.DATABASE_URL" },
  ]);
});

test("binding again changes nothing, and completes what is only there in part", async () => {
  const { api } = await scene();
  await world.post(`${api}/bindings`, { to: "db" });
  expect((await world.post(`${api}/bindings`, { to: "db" })).body).toEqual({ to: "db", set: [] });
  await world.post(`${api.replace(/\/services.*/, "")}/variables/unset`, { scope: "service:api", names: ["PGHOST"] });
  expect((await world.post(`${api}/bindings`, { to: "db" })).body.set).toEqual(["PGHOST"]);
});

test("names that a service has are told and stay as they are; a prefix makes room", async () => {
  const { api, workload } = await scene();
  await world.put(`${api}/variables`, { values: { DATABASE_URL: "mine", PGUSER: "me" } });
  const refused = await world.post(`${api}/bindings`, { to: "db" });
  expect(refused).toMatchObject({
    status: 409,
    body: { details: { reason: "names_taken", variables: ["DATABASE_URL", "PGUSER"] } },
  });
  expect(await bindingsOf(api)).toEqual([]);
  await world.post(`${api}/bindings`, { to: "db", prefix: "SHOP_" });
  expect(await bindingsOf(api)).toEqual([["db", PG.map((name) => `SHOP_${name}`)]]);
  await drafts.goLive(api, workload);
  expect(drafts.given(workload)).toMatchObject({ DATABASE_URL: "mine", PGUSER: "me", SHOP_PGUSER: "app" });
});

test("unbinding takes away what is the database's, under whatever name, and nothing else", async () => {
  const { api } = await scene();
  await world.post(`${api}/bindings`, { to: "db" });
  const values = { MAIN: "${{db.DATABASE_URL}}", PARTLY: "${{db.PGHOST}}:1", OTHER: "${{db.POSTGRES_USER}}", X: "x" };
  await world.put(`${api}/variables`, { values });
  expect(await bindingsOf(api)).toEqual([["db", ["DATABASE_URL", "MAIN", ...PG.slice(1)]]]);
  const unbound = await world.remove(`${api}/bindings`, undefined, { to: "db" });
  expect([unbound.status, unbound.body]).toEqual([200, { to: "db", unset: ["DATABASE_URL", "MAIN", ...PG.slice(1)] }]);
  const { items } = (await world.get(`${api}/variables`)).body;
  expect(items.map(({ name }: { name: string }) => name)).toEqual(["OTHER", "PARTLY", "X"]);
  expect((await world.remove(`${api}/bindings`, undefined, { to: "db" })).body).toMatchObject({ code: "conflict" });
});

test("one environment can be bound to another database, and the others stay with theirs", async () => {
  const { at, api } = await scene();
  await world.post(`${at}/environments`, { slug: "staging" });
  await world.post(`${at}/services/from-template`, { template: "postgres", slug: "trial" });
  await world.post(`${api}/bindings`, { to: "db" });
  await world.post(`${api}/bindings`, { to: "trial", environment: "staging" });
  expect(await bindingsOf(api)).toEqual([["db", PG]]);
  expect(await bindingsOf(api, "staging")).toEqual([["trial", PG]]);
  // Bound everywhere, it would be another one's in staging.
  expect((await world.post(`${api}/bindings`, { to: "trial" })).status).toBe(409);
  const unbound = await world.remove(`${api}/bindings`, undefined, { to: "db", environment: "staging" });
  expect(unbound.body).toMatchObject({ code: "conflict", detail: "api is not bound to db in staging alone." });
  await world.remove(`${api}/bindings`, undefined, { to: "trial", environment: "staging" });
  expect(await bindingsOf(api, "staging")).toEqual([["db", PG]]);
});

test("what is live is deployed with its bindings when that is asked for", async () => {
  const { api, workload } = await scene();
  await drafts.goLive(api, workload);
  const { deployments } = (await world.post(`${api}/bindings`, { to: "db", apply: true })).body;
  expect(deployments).toMatchObject([{ service: "api", environment: "production" }]);
});

test("only databases of the same project can be bound to", async () => {
  const { at, api } = await scene("web");
  const other = await scene();
  const { id } = (await world.get(`${other.at}/services/db`)).body;
  const wrong: [to: string, status: number, says: RegExp][] = [
    ["web", 400, /web was not added from a template/],
    ["api", 400, /cannot be bound to itself/],
    ["nothing", 404, /no service "nothing"/],
    [id, 404, /no service/],
  ];
  for (const [to, status, says] of wrong) {
    const { status: was, body } = await world.post(`${api}/bindings`, { to });
    expect([to, was, body.detail]).toEqual([to, status, expect.stringMatching(says)]);
  }
  expect((await world.post(`${at}/services/db/bindings`, { to: "db" })).status).toBe(400);
});

test("two who bind the same names to two databases at once do not both get them", async () => {
  const { at, api } = await scene();
  await world.post(`${at}/services/from-template`, { template: "postgres", slug: "trial" });
  const both = await Promise.all(["db", "trial"].map((to) => world.post(`${api}/bindings`, { to })));
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect(await bindingsOf(api)).toHaveLength(1);
});

test("a database that others are bound to goes only by force, and its references wait for another of its name", async () => {
  const { at, api } = await scene("web");
  await world.post(`${api}/bindings`, { to: "db" });
  await world.post(`${at}/services/web/bindings`, { to: "db", environment: "production", prefix: "W_" });
  const refused = await world.remove(`${at}/services/db`);
  expect(refused).toMatchObject({ status: 409, body: { details: { reason: "bound", services: ["api", "web"] } } });
  expect((await world.remove(`${at}/services/db`, undefined, { force: true })).body).toEqual({ removed: true });
  expect(await bindingsOf(api)).toEqual([]);
  expect((await world.get(`${api}/variables`)).body.problems.length).toBeGreaterThan(0);
  // The names that wait are what would be set, so nothing is in the way.
  const again = { template: "postgres", slug: "db", bind: [{ service: "api" }] };
  expect((await world.post(`${at}/services/from-template`, again)).status).toBe(201);
  expect(await bindingsOf(api)).toEqual([["db", PG]]);
  await world.remove(`${api}/bindings`, undefined, { to: "db" });
  await world.remove(`${at}/services/web/bindings`, undefined, { to: "db" });
  expect((await world.remove(`${at}/services/db`)).body).toEqual({ removed: true });
});

test("who may not change variables sees bindings and makes none", async () => {
  const { api } = await scene();
  const viewer = world.home.headers("viewer");
  expect((await world.post(`${api}/bindings`, { to: "db" }, viewer)).status).toBe(403);
  expect((await world.remove(`${api}/bindings`, viewer, { to: "db" })).status).toBe(403);
  expect((await world.get(`${api}/bindings`, viewer)).body).toEqual({ items: [] });
  await world.patch(`${api.replace(/\/services.*/, "")}/environments/production`, { protected: true });
  expect((await world.post(`${api}/bindings`, { to: "db" }, world.home.headers("developer"))).status).toBe(403);
});
