import { afterAll, beforeAll, expect, test } from "bun:test";
import type { EnvironmentId, ProjectId } from "@homeport/kit/ids.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

const protect = (project: string, isProtected = true, headers = world.owner) =>
  world.patch(`/projects/${project}/environments/production`, { protected: isProtected }, headers);

test("an environment is protected and freed again by owners and admins, which events and the audit log tell once", async () => {
  const { project } = await world.newService();
  const [production] = (await world.get(`/projects/${project}/environments`)).body.items;
  expect(production).toEqual({
    id: expect.any(String),
    slug: "production",
    position: 0,
    branchPattern: null,
    protected: false,
    createdAt: expect.any(String),
  });
  for (const role of ["deployer", "developer", "viewer", "auditor"] as const) {
    expect((await protect(project, true, world.home.headers(role))).status).toBe(403);
  }
  expect((await protect(project)).body).toEqual({ ...production, protected: true });
  expect((await protect(project)).body.protected).toBe(true);
  expect((await protect(project, false, world.home.headers("admin"))).body).toEqual(production);
  const events = await world.database.admin`
    select data, actor ->> 'name' as by from platform.events
    where subject = ${production.id} and type = 'deployments.environment.changed' order by id`;
  expect([...events]).toEqual([
    { data: { slug: "production", protected: true }, by: "owner" },
    { data: { slug: "production", protected: false }, by: "admin" },
  ]);
  const entries = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries where subject_id = ${production.id} order by seq`;
  expect(entries.map(({ content }) => JSON.parse(content))).toMatchObject([
    { action: "environment:protect", before: { protected: false }, after: { protected: true } },
    { action: "environment:protect", before: { protected: true }, after: { protected: false } },
  ]);
  expect((await world.patch(`/projects/${project}/environments/staging`, { protected: true })).status).toBe(404);
});

test("in a protected environment deployers deploy, admins configure, and developers are told why they do not", async () => {
  const { path, project } = await world.newService();
  await world.deployLive(path);
  await protect(project);
  const [developer, deployer, admin] = (["developer", "deployer", "admin"] as const).map((role) =>
    world.home.headers(role),
  );
  const started = await world.post(`${path}/deployments`, {}, deployer);
  const tries = (headers: typeof developer) => [
    () => world.post(`${path}/deployments/${started.body.id}/cancel`, {}, headers),
    () => world.post(`${path}/deployments`, {}, headers),
    () => world.post(`${path}/rollback`, { to: 1 }, headers),
    () => world.patch(path, { settings: { port: 9000 } }, headers),
    () => world.put(`${path}/variables`, { values: { A: "b" } }, headers),
    () => world.post(`${path}/variables/unset`, { names: ["A"] }, headers),
  ];
  const statusesOf = async (headers: typeof developer) => {
    const statuses: number[] = [];
    for (const ask of tries(headers)) statuses.push((await ask()).status);
    return statuses;
  };
  expect(started.status).toBe(202);
  expect(await statusesOf(developer)).toEqual([403, 403, 403, 403, 403, 403]);
  const refused = await world.post(`${path}/deployments`, {}, developer);
  expect(refused.body.detail).toBe("This environment is protected: your role does not allow deployment:create in it.");
  expect(await statusesOf(deployer)).toEqual([200, 202, 409, 403, 403, 403]); // release 1 is live: nothing to roll back to
  expect((await statusesOf(admin)).slice(3)).toEqual([200, 200, 200]);
  await protect(project, false);
  expect((await world.put(`${path}/variables`, { values: { A: "b" } }, developer)).status).toBe(200);
}, 30_000);

test("a developer who makes a service in a project with a protected production gets it without a deployment", async () => {
  const { project } = await world.newService();
  await protect(project);
  const fields = { slug: "quiet", kind: "git", location: "https://example.com/api.git", port: "3000" };
  const made = await world.submit(`/projects/${project}/new`, fields, world.home.headers("developer"));
  expect([made.status, made.headers.get("location")]).toEqual([303, `/projects/${project}/quiet`]);
  expect((await world.get(`/projects/${project}/services/quiet/deployments`)).body.items).toEqual([]);
});

test("a secret group that a protected environment uses is changed by admins, and applied by who deploys there", async () => {
  const { project } = await world.newService();
  const [developer, deployer, admin] = (["developer", "deployer", "admin"] as const).map((role) =>
    world.home.headers(role),
  );
  const at = `/projects/${project}/secret-groups`;
  const [used, unused] = [`${at}/used`, `${at}/unused`];
  for (const slug of ["used", "unused"]) await world.post(at, { slug, values: { KEY: "first" } });
  const attached = await world.put(`/projects/${project}/services/api/secret-groups/used`, {
    use: { as: "variables" },
  });
  expect(attached.status).toBe(200);
  await protect(project);
  const set = async (group: string, headers: typeof developer) =>
    (await world.put(`${group}/items`, { values: { KEY: "second" } }, headers)).status;
  expect([await set(used, developer), await set(unused, developer), await set(used, admin)]).toEqual([403, 200, 200]);
  const apply = async (headers: typeof developer) => (await world.post(`${used}/apply`, {}, headers)).status;
  expect([await apply(developer), await apply(deployer)]).toEqual([403, 202]);
  await protect(project, false);
  expect(await set(used, developer)).toBe(200);
});

/** A service of its project's second environment, which nobody protects. */
const staged = async (project: string, slug: string) => {
  const { admin } = world.database;
  const source = { kind: "image", reference: "nginx:1.27" };
  const { workloadId } = (await world.post(`/projects/${project}/services`, { slug, source })).body;
  const environmentId = Bun.randomUUIDv7() as EnvironmentId;
  await admin`
    insert into deployments.environments (id, organisation_id, project_id, slug)
    select ${environmentId}, organisation_id, id, 'staging' from deployments.projects where slug = ${project}`;
  const [{ projectId }] = await admin<[{ projectId: ProjectId }]>`
    update deployments.workloads w set environment_id = e.id from deployments.environments e
    where w.id = ${workloadId} and e.id = ${environmentId}
    returning e.project_id as "projectId"`;
  return { path: `/projects/${project}/services/${slug}/secret-groups`, place: { projectId, environmentId } };
};

test("who attaches a group gets its values, so that takes the right to change the group", async () => {
  const { project } = await world.newService();
  const groups = `/projects/${project}/secret-groups`;
  for (const slug of ["live", "shared"]) await world.post(groups, { slug, values: { KEY: "first" } });
  const mine = await staged(project, "mine");
  const use = { as: "variables" };
  const inIt = { use, environment: "staging" };
  await world.put(`/projects/${project}/services/api/secret-groups/live`, { use });
  await protect(project);

  const inStaging = world.home.granted([{ role: "developer", ...mine.place }]);
  const missing = await world.put(`${mine.path}/never-made`, inIt, inStaging);
  for (const slug of ["live", "shared"]) {
    const hidden = await world.put(`${mine.path}/${slug}`, inIt, inStaging);
    expect([hidden.status, hidden.body.detail]).toEqual([404, missing.body.detail]);
  }

  const developer = world.home.headers("developer");
  const refused = await world.put(`${mine.path}/live`, inIt, developer);
  expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  expect((await world.put(`${mine.path}/shared`, inIt, developer)).status).toBe(200);
  expect(
    (await world.put(`${mine.path}/live`, { ...inIt, use: { ...use, prefix: "LIVE_" } }, world.home.headers("admin")))
      .status,
  ).toBe(200);

  await world.post(groups, { slug: "other", values: { KEY: "first" } });
  expect((await world.remove(`${mine.path}/other`, inStaging, { environment: "staging" })).status).toBe(404);
  expect((await world.remove(`${mine.path}/shared`, inStaging, { environment: "staging" })).body).toEqual({
    detached: true,
  });
});

test("the project's page has the switch, and says who may use it", async () => {
  const { project } = await world.newService();
  const at = `/projects/${project}`;
  expect((await world.page(at)).html.includes("Production is not protected")).toBe(true);
  const turned = await world.submit(`${at}/protect?environment=production`, { protected: "yes" });
  expect([turned.status, turned.headers.get("location")]).toEqual([303, at]);
  const { html } = await world.page(at);
  expect([html.includes("Production is protected"), html.includes("Only owners and admins")]).toEqual([true, false]);
  const forDeveloper = await world.page(at, world.home.headers("developer"));
  expect(forDeveloper.html.includes("Only owners and admins change this.")).toBe(true);
  const refused = await world.submit(
    `${at}/protect?environment=production`,
    { protected: "no" },
    world.home.headers("developer"),
  );
  expect(refused.status).toBe(403);
});
