import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
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

const PASSWORD = /^[A-HJ-NP-Za-km-z2-9]{32}$/;

const add = (at: string, wanted: Record<string, unknown>, headers?: Record<string, string>) =>
  world.post(`${at}/services/from-template`, { slug: "db", template: "postgres", ...wanted }, headers);

test("members see what can be added, with what a service that is bound to it gets", async () => {
  const { items } = (await world.get("/templates", world.home.headers("member"))).body;
  expect(items.map(({ name }: { name: string }) => name)).toEqual([
    "postgres",
    "mysql",
    "mariadb",
    "valkey",
    "mongodb",
  ]);
  expect(items[0]).toMatchObject({
    title: "PostgreSQL",
    image: "postgres",
    port: 5432,
    exports: ["DATABASE_URL", "PGDATABASE", "PGHOST", "PGPASSWORD", "PGPORT", "PGUSER"],
  });
  expect((await world.get("/templates", {})).status).toBe(401);
});

test("a database is one set of changes: a service, its volume, credentials that nobody saw, and its first deployment", async () => {
  const { at } = await drafts.newProject();
  const added = await add(at, { version: "17", sizeMiB: 512 });
  expect(added).toMatchObject({
    status: 201,
    body: {
      template: "postgres",
      version: "17",
      slug: "db",
      address: "db:5432",
      bound: [],
      draftVersion: null,
      notDeployed: [],
    },
  });
  expect((await world.get(`${at}/change-sets`)).body.items).toHaveLength(1);
  const [deployed] = added.body.deployments;
  expect(deployed).toMatchObject({ service: "db", environment: "production" });
  const path = `${at}/services/db`;
  const service = (await world.get(path)).body;
  expect(service).toMatchObject({
    id: added.body.serviceId,
    template: "postgres",
    source: { kind: "image", reference: "postgres:17" },
    settings: { port: 5432, strategy: { kind: "recreate" }, resources: { memoryMiB: 512 } },
  });
  await drafts.goLive(path, service.workloadId, deployed.deploymentId);
  const { release } = world.workloads.get(service.workloadId) as { release: Record<string, unknown> };
  expect(release).toMatchObject({
    image: { reference: "docker.io/library/postgres:17" },
    hosts: [],
    volumes: [{ name: "data", path: "/var/lib/postgresql", sizeMiB: 512 }],
  });
  const env = drafts.given(service.workloadId);
  expect(env.POSTGRES_PASSWORD).toMatch(PASSWORD);
  expect(env).toEqual({
    PGDATA: "/var/lib/postgresql/pgdata",
    POSTGRES_USER: "app",
    POSTGRES_DB: "app",
    POSTGRES_PASSWORD: env.POSTGRES_PASSWORD as string,
    DATABASE_URL: `postgres://app:${env.POSTGRES_PASSWORD}@db:5432/app`,
    PGHOST: "db",
    PGPORT: "5432",
    PGUSER: "app",
    PGPASSWORD: env.POSTGRES_PASSWORD as string,
    PGDATABASE: "app",
  });
  expect(JSON.stringify(added.body)).not.toContain(env.POSTGRES_PASSWORD);
});

test("the audit log has the service with its template, and of variables no value", async () => {
  const { at } = await drafts.newProject();
  const { serviceId } = (await add(at, {})).body;
  const rows = await world.database.admin<{ action: string; content: string }[]>`
    select action, content from platform.audit_entries where content::text like ${`%${serviceId}%`} order by seq`;
  expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(["service:create", "variable:write"]));
  const made = rows.find(({ action }) => action === "service:create");
  expect(JSON.parse(made?.content ?? "{}").after).toMatchObject({ template: "postgres" });
  const set = rows.find(({ action }) => action === "variable:write")?.content ?? "";
  expect(set).toContain("POSTGRES_PASSWORD");
  expect(set).not.toContain("pgdata");
});

test("a staged database is nothing yet, and is there and deployed once the draft is applied", async () => {
  const { at } = await drafts.newProject("api");
  const wanted = { template: "valkey", slug: "cache", bind: [{ service: "api" }], stage: true };
  const staged = await add(at, wanted);
  expect(staged.body).toMatchObject({
    serviceId: null,
    draftVersion: expect.any(Number),
    deployments: [],
    bound: ["api"],
  });
  expect((await world.get(`${at}/services/cache`)).status).toBe(404);
  const draft = (await world.get(`${at}/changes`)).body;
  expect([draft.problems, draft.changes.filter((each: { error: unknown }) => each.error !== null)]).toEqual([[], []]);
  const applied = (await drafts.apply(at)).body;
  expect(applied.deployments).toMatchObject([{ service: "cache", environment: "production" }]);
  const bound = (await world.get(`${at}/services/api/bindings`)).body.items;
  expect(bound).toMatchObject([{ to: "cache", template: "valkey", variables: [{ name: "REDIS_HOST" }, {}, {}, {}] }]);
});

test("two that are staged do not get in each other's way, and a service that is only staged can be bound", async () => {
  const { at } = await drafts.newProject();
  await drafts.stage(at, [{ op: "service.create", tempId: "tmp_api", slug: "api", source: drafts.IMAGE }]);
  const bind = [{ service: "api" }];
  expect((await add(at, { bind, stage: true })).status).toBe(201);
  expect((await add(at, { template: "valkey", slug: "cache", bind, stage: true })).status).toBe(201);
  expect((await add(at, { slug: "db2", bind, stage: true })).body).toMatchObject({
    code: "conflict",
    details: { reason: "names_taken" },
  });
  expect((await drafts.apply(at)).status).toBe(200);
  const items = (await world.get(`${at}/services/api/bindings`)).body.items;
  expect(items.map(({ to }: { to: string }) => to)).toEqual(["cache", "db"]);
});

test("it can be started in another environment, with credentials of that one where these are set", async () => {
  const { at } = await drafts.newProject("api");
  await world.post(`${at}/environments`, { slug: "staging" });
  const [started] = (await add(at, { environment: "staging", bind: [{ service: "api" }] })).body.deployments;
  expect(started).toMatchObject({ service: "db", environment: "staging" });
  expect((await world.get(`${at}/services/db/deployments`)).body.items).toEqual([]);
  await world.put(`${at}/services/db/variables`, { environment: "staging", values: { POSTGRES_PASSWORD: "staged" } });
  const staging = `${at}/services/api?environment=staging`;
  const { workloadId } = (await world.get(staging)).body;
  await world.post(`${at}/services/api/deployments`, { environment: "staging" });
  await waitFor(() => world.workloads.get(workloadId)?.rollout.state === "running", { timeoutMs: 15_000 });
  expect(drafts.given(workloadId).DATABASE_URL).toBe("postgres://app:staged@db:5432/app");
});

test("what cannot be added is refused, and then nothing is there", async () => {
  const { at } = await drafts.newProject("api");
  await world.put(`${at}/services/api/variables`, { values: { PGHOST: "elsewhere" } });
  const wrong: [wanted: object, status: number, says: RegExp][] = [
    [{ version: "9.6" }, 400, /PostgreSQL comes in these versions: 18, 17, 16, 15/],
    [{ template: "oracle" }, 400, /template/],
    [{ slug: "api" }, 409, /already a service named .*api/],
    [{ environment: "nowhere" }, 404, /no environment .*nowhere/],
    [{ environment: "production", stage: true }, 400, /name no environment/],
    [{ bind: [{ service: "web" }] }, 404, /no service .*web/],
    [{ bind: [{ service: "api" }] }, 409, /api has PGHOST already/],
    [{ bind: [{ service: "api", prefix: "1" }] }, 400, /prefix/],
  ];
  for (const [wanted, status, says] of wrong) {
    const answer = await add(at, wanted as Record<string, unknown>);
    expect([wanted, answer.status, JSON.stringify(answer.body)]).toEqual([wanted, status, expect.stringMatching(says)]);
  }
  const { items } = (await world.get(`${at}/services`)).body;
  expect(items.map(({ slug }: { slug: string }) => slug)).toEqual(["api"]);
});

test("who may make services but not change a protected environment may stage one, and not add it", async () => {
  const { at } = await drafts.newProject();
  await world.patch(`${at}/environments/production`, { protected: true });
  const developer = world.home.headers("developer");
  expect((await add(at, {}, developer)).body).toMatchObject({ code: "forbidden" });
  expect((await add(at, { stage: true }, developer)).status).toBe(201);
  expect((await add(at, { slug: "db2" }, world.home.headers("viewer"))).status).toBe(403);
});

test("who may add one but not deploy gets it without a deployment, and is told why", async () => {
  const { at } = await drafts.newProject();
  const headers = world.home.headers("owner", ["project:read", "service:*", "variable:*"]);
  const { status, body } = await add(at, {}, headers);
  expect([status, body.deployments]).toEqual([201, []]);
  expect(body.notDeployed).toMatchObject([{ service: "db", reason: expect.stringContaining("deployment:create") }]);
  expect((await add(at, { slug: "db2", stage: true }, headers)).body).toMatchObject({ code: "forbidden" });
});
