import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId, type ProjectId } from "@homeport/kit/ids.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { listEdges } from "../src/service/edges.ts";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const set = (at: string, scope: string, values: Record<string, string>, headers?: Record<string, string>) =>
  world.put(`${at}/variables`, { scope, values }, headers);

type Variable = { name: string; scope: string; overrides: string[] };
type Named = { name: string };

test("the narrowest scope wins, and a service's list says where each variable comes from", async () => {
  const { at, workloads } = await drafts.newProject("api");
  const group = (await world.post(`${at}/groups`, { slug: "core" })).body;
  await world.patch(`${at}/services/api`, { group: group.slug });
  const all = { P: "p", E: "p", G: "p", S: "p", W: "p" };
  await set(at, "project", all);
  await set(at, "environment:production", { E: "e", G: "e", S: "e", W: "e" });
  await set(at, "group:core", { G: "g", S: "g", W: "g" });
  await set(at, "service:api", { S: "s", W: "s" });
  await world.put(`${at}/services/api/variables`, { values: { W: "w" } });
  const { items } = (await world.get(`${at}/services/api/variables`)).body;
  expect(items.map(({ name, scope, overrides }: Variable) => [name, scope, overrides])).toEqual([
    ["E", "environment", ["project"]],
    ["G", "group", ["environment", "project"]],
    ["P", "project", []],
    ["S", "service", ["group", "environment", "project"]],
    ["W", "workload", ["service", "group", "environment", "project"]],
  ]);
  await drafts.goLive(`${at}/services/api`, workloads.api ?? "");
  expect(drafts.given(workloads.api ?? "")).toEqual({ P: "p", E: "e", G: "g", S: "s", W: "w" });
  await world.remove(`${at}/groups/core`);
  const unset = await world.post(`${at}/variables/unset`, { scope: "project", names: ["P", "NEVER"] });
  expect(unset.body).toEqual({ unset: ["P"] });
  const left = (await world.get(`${at}/services/api/variables`)).body.items;
  expect(left.map(({ name, scope }: Variable) => [name, scope])).toEqual([
    ["E", "environment"],
    ["G", "environment"],
    ["S", "service"],
    ["W", "workload"],
  ]);
});

test("a change of the project's variables deploys those it is different for, each once", async () => {
  const { at, workloads } = await drafts.newProject("api", "web");
  await world.put(`${at}/services/web/variables`, { values: { LEVEL: "own" } });
  for (const slug of ["api", "web"]) await drafts.goLive(`${at}/services/${slug}`, workloads[slug] ?? "");
  const { body } = await world.put(`${at}/variables`, { scope: "project", values: { LEVEL: "all" }, apply: true });
  expect(body.deployments.map(({ service }: { service: string }) => service)).toEqual(["api"]);
  const again = await world.put(`${at}/variables`, { scope: "project", values: { LEVEL: "all" }, apply: true });
  expect(again.body).toEqual({ set: ["LEVEL"], deployments: [] });
});

test("what was set before and not deployed is left to its own next deployment by changes elsewhere", async () => {
  const { at, workloads } = await drafts.newProject("api", "web");
  for (const slug of ["api", "web"]) await drafts.goLive(`${at}/services/${slug}`, workloads[slug] ?? "");
  await world.put(`${at}/services/web/variables`, { values: { LATER: "1" } });
  const set = (service: string, name: string) =>
    world.put(`${at}/services/${service}/variables`, { values: { [name]: "1" }, apply: true });
  const deployed = ({ body }: Awaited<ReturnType<typeof set>>) =>
    body.deployments.map(({ service }: { service: string }) => service);
  expect(deployed(await set("api", "NOW"))).toEqual(["api"]);
  expect(deployed(await set("web", "NOW"))).toEqual(["web"]);
});

describe("references", () => {
  test("reach services, scopes, secrets and what the platform knows", async () => {
    const { at, slug, workloads } = await drafts.newProject("api", "web");
    await world.post(`${at}/secret-groups`, { slug: "db", values: { "pass.word": "s3cret" } });
    await set(at, "project", { REGION: "eu" });
    await world.put(`${at}/services/api/variables`, {
      values: { PATH_PREFIX: "/v1", FULL: "${{INTERNAL_URL}}${{PATH_PREFIX}}" },
    });
    const values = {
      API: "${{api.FULL}}",
      WHERE: "${{project.REGION}}-${{HOMEPORT_ENVIRONMENT}}",
      DSN: "postgres://x:${{secret.db.pass.word}}@db",
      PUBLIC: "${{api.URL}}",
      TEMPLATE: "$${{api.FULL}} ${{ not a reference }}",
    };
    expect((await world.put(`${at}/services/web/variables`, { values })).body).toEqual({
      set: Object.keys(values).sort(),
    });
    await drafts.goLive(`${at}/services/web`, workloads.web ?? "");
    const { url } = (await world.get(`${at}/services/api`)).body;
    expect(drafts.given(workloads.web ?? "")).toEqual({
      API: "http://api:8080/v1",
      WHERE: "eu-production",
      DSN: "postgres://x:s3cret@db",
      PUBLIC: url,
      REGION: "eu",
      TEMPLATE: "${{api.FULL}} ${{ not a reference }}",
    });
    expect(world.workloads.get(workloads.web ?? "")?.release.env).toMatchObject({ HOMEPORT_PROJECT: slug });
    const [release] = (await world.get(`${at}/services/web/releases`)).body.items;
    expect(release.secretGroups).toEqual([{ group: "db", version: 1 }]);
  });

  test("that lead nowhere or in a circle are told at once, and fail the deployment before anything runs", async () => {
    const { at, workloads } = await drafts.newProject("api", "web");
    await world.put(`${at}/services/api/variables`, { values: { A: "${{web.B}}" } });
    const { body } = await world.put(`${at}/services/web/variables`, {
      values: { B: "${{api.A}}", C: "${{later.URL}}" },
    });
    expect(body.problems).toMatchObject([
      { service: "api", variable: "A", problem: "cycle", path: ["api.A", "web.B", "api.A"] },
      { service: "web", variable: "B", problem: "cycle" },
      { service: "web", variable: "C", reference: "${{later.URL}}", problem: "missing", path: ["web.C", "later.URL"] },
    ]);
    const { id } = await world.deploy(`${at}/services/web`);
    const failed = await world.untilState(`${at}/services/web`, id, "failed");
    expect(failed.reason.message).toMatch(/of web in production refers to/);
    expect(world.workloads.has(workloads.web ?? "")).toBe(false);
    await world.put(`${at}/services/web/variables`, { values: { B: "fine" } });
    await world.post(`${at}/services`, { slug: "later", source: drafts.IMAGE });
    await drafts.goLive(`${at}/services/web`, workloads.web ?? "");
    expect(drafts.given(workloads.web ?? "").C).toContain("later-");
  });

  test("follow a service through renaming, also one that was not there when they were written", async () => {
    const { at, workloads } = await drafts.newProject("web");
    await world.put(`${at}/services/web/variables`, { values: { DB: "${{db.HOST}}" } });
    await world.post(`${at}/services`, { slug: "db", source: drafts.IMAGE });
    await world.patch(`${at}/services/db`, { slug: "postgres" });
    await drafts.goLive(`${at}/services/web`, workloads.web ?? "");
    expect(drafts.given(workloads.web ?? "")).toEqual({ DB: "postgres" });
    const revealer = world.home.headers("owner", ["*", "secret:reveal"]);
    const reveal = () => world.post(`${at}/services/web/variables/reveal`, { names: ["DB"] }, revealer);
    expect((await reveal()).body.values).toEqual({ DB: "${{postgres.HOST}}" });
    await world.remove(`${at}/services/postgres`);
    expect((await reveal()).body.values).toEqual({ DB: "${{postgres.HOST}}" });
    expect((await world.get(`${at}/services/web/variables`)).body.problems).toHaveLength(1);
    await world.post(`${at}/services`, { slug: "postgres", source: drafts.IMAGE });
    expect((await world.get(`${at}/services/web/variables`)).body.problems).toEqual([]);
  });

  test("mean the service of the same environment", async () => {
    const { at } = await drafts.newProject("api", "web");
    await world.put(`${at}/services/api/variables`, { values: { LEVEL: "live" } });
    await world.put(`${at}/services/web/variables`, { values: { SEEN: "${{api.LEVEL}}" } });
    const made = await world.post(`${at}/environments`, {
      slug: "staging",
      copyFrom: "production",
      branchPattern: "next",
    });
    expect(made.body).toMatchObject({ slug: "staging", position: 1, branchPattern: "next", protected: false });
    await world.put(`${at}/services/api/variables`, { environment: "staging", values: { LEVEL: "trial" } });
    const web = (await world.get(`${at}/services/web?environment=staging`)).body;
    const { id } = await world.deploy(`${at}/services/web`, { environment: "staging" });
    await waitFor(() => world.workloads.has(web.workloadId), { timeoutMs: 15_000 });
    expect(drafts.given(web.workloadId)).toEqual({ SEEN: "trial" });
    await world.post(`${at}/services/web/deployments/${id}/cancel`, { environment: "staging" });
  });

  test("that grow beyond what fits are told, and do not fill the memory", async () => {
    const { at } = await drafts.newProject("api");
    const values: Record<string, string> = { V0: "x".repeat(1000) };
    for (let i = 1; i < 20; i += 1) values[`V${i}`] = `\${{V${i - 1}}}`.repeat(10);
    const { body } = await world.put(`${at}/services/api/variables`, { values });
    expect(body.problems.some(({ problem }: { problem: string }) => problem === "too_large")).toBe(true);
  });

  test("make edges from services and groups to services and secret groups", async () => {
    const { at, slug } = await drafts.newProject("api", "web");
    const project = (await world.get(at)).body;
    await world.post(`${at}/secret-groups`, { slug: "db", values: { KEY: "x" } });
    await world.post(`${at}/groups`, { slug: "core" });
    await set(at, "group:core", { URL_OF_API: "${{api.URL}}" });
    await world.put(`${at}/services/web/variables`, {
      values: { A: "${{api.URL}}", B: "${{api.HOST}}", C: "${{secret.db.KEY}}", D: "${{web.HOST}}" },
    });
    const edges = await listEdges(world.database.admin, { id: project.id as ProjectId });
    const [web, api] = [
      (await world.get(`${at}/services/web`)).body.id,
      (await world.get(`${at}/services/api`)).body.id,
    ];
    expect(edges).toHaveLength(3);
    expect(edges).toContainEqual({ from: web, to: api, kind: "service", variables: ["A", "B"] });
    expect(edges.filter(({ kind }) => kind === "secret")).toMatchObject([{ from: web, variables: ["C"] }]);
    expect(edges.find(({ from }) => from !== web)).toMatchObject({ to: api, variables: ["URL_OF_API"] });
    expect(await listEdges(world.database.admin, { id: newId<ProjectId>() })).toEqual([]);
    expect(slug).toBeString();
  });
});

test("an environment that is removed takes its own with it, and what ran there", async () => {
  const { at } = await drafts.newProject("api");
  await world.post(`${at}/environments`, { slug: "staging" });
  const { workloadId } = (await world.get(`${at}/services/api?environment=staging`)).body;
  await set(at, "environment:staging", { A: "1" });
  expect((await world.remove(`${at}/environments/production`)).status).toBe(409);
  expect((await world.remove(`${at}/environments/staging`)).body).toEqual({ removed: true });
  expect((await world.get(`${at}/services/api?environment=staging`)).status).toBe(404);
  expect(world.seen).toContain(`clusters DELETE /workloads/${workloadId}`);
  const left = await world.database
    .admin`select name from deployments.variables where name = 'A' and scope = 'environment'`;
  expect(left).toHaveLength(0);
});

test("a service is patched: what is not named stays, null is the default again, overrides hold in one environment", async () => {
  const { at } = await drafts.newProject("api");
  await world.post(`${at}/environments`, { slug: "staging" });
  await world.patch(`${at}/services/api`, { settings: { port: 9000, replicas: 3 } });
  const patched = await world.patch(`${at}/services/api`, { settings: { port: null } });
  expect(patched.body.settings).toMatchObject({ port: 8080, replicas: 3 });
  await world.patch(`${at}/services/api`, { environment: "staging", overrides: { replicas: 1 } });
  expect((await world.get(`${at}/services/api?environment=staging`)).body.overrides).toEqual({ replicas: 1 });
  expect((await world.get(`${at}/services/api`)).body.overrides).toEqual({});
});

test("names are exchanged in one draft, and a made-up value is seen by nobody", async () => {
  const { at } = await drafts.newProject("api", "web");
  const before = [(await world.get(`${at}/services/api`)).body.id, (await world.get(`${at}/services/web`)).body.id];
  const scope = { kind: "service", service: "api" };
  await drafts.stage(at, [
    { op: "service.update", service: before[0], slug: "middle" },
    { op: "service.update", service: before[1], slug: "api" },
    { op: "service.update", service: before[0], slug: "web" },
    { op: "variable.generate", scope: { ...scope, service: "web" }, name: "PASSWORD", generator: "password" },
    { op: "project.update", slug: "renamed" },
  ]);
  expect((await drafts.apply(at, { deploy: "none" })).status).toBe(200);
  expect((await world.get("/projects/renamed/services/web")).body.id).toBe(before[0]);
  const revealer = world.home.headers("owner", ["*", "secret:reveal"]);
  const asked = { scope: "service:web", names: ["PASSWORD"] };
  const { values } = (await world.post("/projects/renamed/variables/reveal", asked, revealer)).body;
  expect(values.PASSWORD).toMatch(/^[A-Za-z2-9]{32}$/);
  const { items } = (await world.get("/projects/renamed/variables?scope=service:web")).body;
  expect(items.map(({ name }: Named) => name)).toEqual(["PASSWORD"]);
});
