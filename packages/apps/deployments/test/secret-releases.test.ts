import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { app } from "../src/index.ts";
import { secretWorld } from "./secret-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
let secrets: ReturnType<typeof secretWorld>;
beforeAll(async () => {
  world = await startWorld();
  secrets = secretWorld(world);
}, 60_000);
afterAll(() => world?.stop());

test("items reach the workload as variables and files; the service's own variables win", async () => {
  const { path, project, workloadId } = await secrets.newService();
  const db = await secrets.newGroup(project, "db", {
    URL: "db-url",
    LEVEL: "from group",
    "not-a.variable": "x",
    PORT: "1",
  });
  await secrets.newGroup(project, "tls", { "server.key": "line one\nline two\n", EMPTY: "" });
  await secrets.newGroup(project, "mail", { PASSWORD: "pw" });
  await secrets.newGroup(project, "unused", { NEVER: "x" });
  await world.put(`${path}/variables`, { values: { LEVEL: "own" } });
  await secrets.attach(path, "db");
  await secrets.attach(path, "tls", { as: "files" });
  await secrets.attach(path, "mail", { as: "files", directory: "/srv/mail" });
  await secrets.deployLive(path, workloadId);
  expect(secrets.given(workloadId)).toEqual({
    env: { URL: "db-url", LEVEL: "own" },
    files: {
      "/run/secrets/tls/server.key": "line one\nline two\n",
      "/run/secrets/tls/EMPTY": "",
      "/srv/mail/PASSWORD": "pw",
    },
  });
  const { body } = await world.get(`${path}/releases`);
  const taken = body.items[0].secretGroups;
  expect(taken).toHaveLength(3);
  expect(taken).toEqual(expect.arrayContaining(["db", "mail", "tls"].map((group) => ({ group, version: 1 }))));
  const shown = (await world.get(db)).body;
  expect(shown.lastUsedAt).not.toBeNull();
  expect(shown.users).toEqual([
    { service: "api", use: { as: "variables", prefix: "" }, liveVersion: 1, isCurrent: true },
  ]);
  expect((await world.get(secrets.groupPath(project, "unused"))).body.lastUsedAt).toBeNull();
});

test("a change deploys the services anew that use the group and are live, once, and no other", async () => {
  const one = await secrets.newService();
  const { project } = one;
  const two = await secrets.addService(project, "two");
  const idle = await secrets.addService(project, "idle");
  const other = await secrets.addService(project, "other");
  const group = await secrets.newGroup(project, "db", { A: "old", B: "old" });
  for (const { path } of [one, two, idle]) await secrets.attach(path, "db");
  for (const { path, workloadId } of [one, two, other]) await secrets.deployLive(path, workloadId);
  const set = await world.put(`${group}/items`, { values: { A: "new", B: "new", C: "new" }, apply: true });
  const deployments: { service: string; deploymentId: string }[] = set.body.deployments;
  expect(deployments.map(({ service }) => service)).toEqual(["api", "two"]);
  for (const [service, { deploymentId }] of [one, two].map((each, i) => [each, deployments[i]!] as const)) {
    const live = await secrets.goLive(service.path, service.workloadId, deploymentId);
    expect(live).toMatchObject({ cause: "configuration", release: 2 });
    expect(secrets.given(service.workloadId).env).toEqual({ A: "new", B: "new", C: "new" });
  }
  expect((await world.get(`${other.path}/deployments`)).body.items).toHaveLength(1);
  expect((await world.get(`${idle.path}/deployments`)).body.items).toHaveLength(0);
  const users = (await world.get(group)).body.users;
  expect(users.map((user: { service: string; isCurrent: boolean }) => [user.service, user.isCurrent])).toEqual([
    ["api", true],
    ["idle", false],
    ["two", true],
  ]);
});

test("a deployment that waits is not superseded: it brings the new values, and the code it was for", async () => {
  const { path, project, workloadId } = await secrets.newService();
  const group = await secrets.newGroup(project, "db", { A: "old" });
  await secrets.attach(path, "db");
  await secrets.deployLive(path, workloadId);
  const under = await world.deploy(path);
  await world.untilState(path, under.id, "rolling_out");
  const waiting = await world.deploy(path);
  const set = await world.put(`${group}/items`, { values: { A: "new" }, apply: true });
  expect(set.body.deployments).toEqual([{ service: "api", deploymentId: waiting.id }]);
  await secrets.goLive(path, workloadId, under.id);
  expect(secrets.given(workloadId).env).toEqual({ A: "old" });
  const live = await secrets.goLive(path, workloadId, waiting.id);
  expect(live.cause).toBe("image");
  expect(secrets.given(workloadId).env).toEqual({ A: "new" });
});

test("a rollback that waits stays what it is", async () => {
  const { path, project, workloadId } = await secrets.newService();
  const group = await secrets.newGroup(project, "db", { A: "old" });
  await secrets.attach(path, "db");
  await secrets.deployLive(path, workloadId);
  await secrets.deployLive(path, workloadId);
  const under = await world.deploy(path);
  await world.untilState(path, under.id, "rolling_out");
  const back = await world.post(`${path}/rollback`, { to: 1 });
  expect((await world.put(`${group}/items`, { values: { A: "new" }, apply: true })).body.deployments).toEqual([]);
  expect((await world.get(`${path}/deployments/${back.body.id}`)).body.state).toBe("queued");
  await world.post(`${path}/deployments/${back.body.id}/cancel`);
  await secrets.goLive(path, workloadId, under.id);
});

test("a rollback brings the values of then back, also of a group that is changed, detached and removed", async () => {
  const { path, project, workloadId } = await secrets.newService();
  const group = await secrets.newGroup(project, "db", { A: "first", "f.pem": "first" });
  const files = await secrets.newGroup(project, "tls", { key: "first key" });
  await secrets.attach(path, "db");
  await secrets.attach(path, "tls", { as: "files" });
  await secrets.deployLive(path, workloadId);
  const then = secrets.given(workloadId);
  expect(then).toEqual({ env: { A: "first" }, files: { "/run/secrets/tls/key": "first key" } });
  await world.put(`${group}/items`, { values: { A: "second" } });
  await world.remove(`${path}/secret-groups/tls`);
  expect((await world.get(files)).body.users).toEqual([
    { service: "api", use: null, liveVersion: 1, isCurrent: false },
  ]);
  const redeployed = (await world.post(`${group}/apply`)).body.deployments[0].deploymentId;
  await secrets.goLive(path, workloadId, redeployed);
  expect(secrets.given(workloadId)).toEqual({ env: { A: "second" }, files: {} });
  await world.remove(files);
  const { body: back } = await world.post(`${path}/rollback`, {});
  await world.untilState(path, back.id, "rolling_out");
  await secrets.goLive(path, workloadId, back.id);
  expect(secrets.given(workloadId)).toEqual(then);
  expect((await world.get(group)).body).toMatchObject({ version: 2, users: [{ liveVersion: 1, isCurrent: false }] });
});

test("every sealed value opens at the place that the app names, so that a new key can seal it anew", async () => {
  const { path, project, workloadId } = await secrets.newService();
  await secrets.newGroup(project, "db", { A: "1" });
  await secrets.attach(path, "db", { as: "files" });
  await world.put(`${path}/variables`, { values: { B: "2" } });
  await secrets.deployLive(path, workloadId);
  const scope = { kind: "project" };
  await world.post(`/projects/${project}/changes`, { changes: [{ op: "variable.set", scope, name: "B", value: "b" }] });
  const url = "https://git.example.com/shop/api.git";
  const hook = await world.post(`/projects/${project}/hooks`, { provider: "github", url });
  await world.post(`/projects/${project}/hooks/${hook.body.id}/rotate`);
  await world.post(`/projects/${project}/services`, { slug: "private", source: { kind: "git", url } });
  await world.put(`/projects/${project}/services/private/git-token`, { token: "t0ken" });
  for (const app of ["logging", "clusters"]) world.away.add(app); // a command has its arguments until it is over
  await world.post(`${path}/runs`, { argv: ["sleep", "60"] });
  const { admin } = world.database;
  for (const { table, field, at } of app.sealed ?? []) {
    const rows = await admin<Record<string, Uint8Array>[]>`
      select * from ${admin(table)} where ${admin(field)} is not null`;
    expect({ table, field, isThere: rows.length > 0 }).toEqual({ table, field, isThere: true });
    for (const row of rows) world.platform.keys.open(at(row), row[field]!);
  }
  world.away.clear();
});
