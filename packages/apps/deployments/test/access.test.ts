import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { ProjectRole } from "@homeport/kit/principal.ts";
import { GIT, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

/** Ids of a project that was made with a service in it. */
const newProject = async () => {
  const { path, project } = await world.newService();
  const { id: projectId } = (await world.get(`/projects/${project}`)).body;
  const [production] = (await world.get(`/projects/${project}/environments`)).body.items;
  return { path, project, projectId, environmentId: production.id as string };
};

/** The second environment of a project, with a service of its own in it; no route makes one so far. */
const newStaging = async (projectId: string) => {
  const [environmentId, serviceId, workloadId] = [newId(), newId(), newId()];
  await world.database.admin`
    insert into deployments.environments (id, organisation_id, project_id, slug)
    values (${environmentId}, ${world.home.id}, ${projectId}, 'staging')`;
  await world.database.admin`
    insert into deployments.services (id, organisation_id, project_id, slug, source, settings)
    select ${serviceId}, organisation_id, project_id, 'staged', source, settings
    from deployments.services where project_id = ${projectId} limit 1`;
  await world.database.admin`
    insert into deployments.workloads (id, organisation_id, service_id, environment_id, host_label)
    values (${workloadId}, ${world.home.id}, ${serviceId}, ${environmentId}, ${`staged-${workloadId}`})`;
  return environmentId;
};

const slugs = (answer: { body: { items: { slug: string }[] } }) => answer.body.items.map(({ slug }) => slug);
/** One after the other: the last may take away what those before it ask about. */
const statuses = async (asks: (() => Promise<{ status: number }>)[]) => {
  const got: number[] = [];
  for (const ask of asks) got.push((await ask()).status);
  return got;
};

describe("somebody with a role in one project", () => {
  const asks = (path: string, project: string, headers: Record<string, string>) =>
    statuses([
      () => world.get(`/projects/${project}`, headers),
      () => world.get(`/projects/${project}/services`, headers),
      () => world.get(path, headers),
      () => world.get(`${path}/variables`, headers),
      () => world.get(`${path}/releases`, headers),
      () => world.get(`${path}/deployments`, headers),
      () => world.put(`${path}/variables`, { values: { A: "b" } }, headers),
      () => world.post(`${path}/deployments`, {}, headers),
      () => world.patch(path, { settings: { port: 9000 } }, headers),
      () => world.post(`/projects/${project}/services`, { slug: "more", source: GIT }, headers),
      () => world.patch(`/projects/${project}/environments/production`, { protected: true }, headers),
      () => world.remove(path, headers),
    ]);
  const rows: { role: ProjectRole; wanted: number[] }[] = [
    { role: "viewer", wanted: [200, 200, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403] },
    { role: "deployer", wanted: [200, 200, 200, 200, 200, 200, 403, 202, 403, 403, 403, 403] },
    { role: "developer", wanted: [200, 200, 200, 200, 200, 200, 200, 202, 200, 201, 403, 403] },
    { role: "admin", wanted: [200, 200, 200, 200, 200, 200, 200, 202, 200, 201, 200, 200] },
  ];
  for (const { role, wanted } of rows) {
    test(`does as ${role} there what the role says, and elsewhere finds nothing`, async () => {
      const [own, sibling] = [await newProject(), await newProject()];
      const headers = world.home.granted([{ role, projectId: own.projectId, environmentId: null }]);
      expect(await asks(sibling.path, sibling.project, headers)).toEqual(wanted.map(() => 404));
      expect(await asks(own.path, own.project, headers)).toEqual(wanted);
      expect((await world.post("/projects", { slug: "own" }, headers)).status).toBe(403);
    });
  }

  test("is shown that project only, in the list and on its page", async () => {
    const [own, sibling] = [await newProject(), await newProject()];
    const headers = world.home.granted([{ role: "viewer", projectId: own.projectId, environmentId: null }]);
    expect(slugs(await world.get("/projects", headers))).toEqual([own.project]);
    const { status, html } = await world.page("/projects", headers);
    expect([status, html.includes(own.project), html.includes(`/projects/${sibling.project}"`)]).toEqual([
      200,
      true,
      false,
    ]);
    expect((await world.page(`/projects/${sibling.project}`, headers)).status).toBe(404);
    const nowhere = world.home.granted([]);
    expect((await world.get("/projects", nowhere)).body).toEqual({ items: [], nextCursor: null });
  });

  test("who may not open a thing gets the very answer of a missing one", async () => {
    const { path } = await newProject();
    const headers = { ...world.home.granted([]), "x-request-id": "0199f000-abcd" };
    const [hidden, missing] = [await world.get(path, headers), await world.get(`${path}x`, headers)];
    expect([hidden.status, hidden.body]).toEqual([404, missing.body]);
  });
});

describe("somebody with a role in one environment", () => {
  test("sees the project, that environment and its services, and nothing of the others", async () => {
    const { project, projectId, path, environmentId } = await newProject();
    await newStaging(projectId);
    const headers = world.home.granted([{ role: "deployer", projectId, environmentId }]);
    expect(slugs(await world.get("/projects", headers))).toEqual([project]);
    expect(slugs(await world.get(`/projects/${project}/environments`, headers))).toEqual(["production"]);
    expect(slugs(await world.get(`/projects/${project}/services`, headers))).toEqual(["api"]);
    const { html } = await world.page(`/projects/${project}`, headers);
    expect([html.includes("Production is not protected"), html.includes("staged"), html.includes("Staging")]).toEqual([
      true,
      false,
      false,
    ]);
    const staged = `/projects/${project}/services/staged`;
    expect(
      await statuses([() => world.get(staged, headers), () => world.post(`${staged}/deployments`, {}, headers)]),
    ).toEqual([404, 404]);
    expect((await world.post(`${path}/deployments`, {}, headers)).status).toBe(202);
    expect((await world.get(`/projects/${project}/services?environment=staging`, headers)).status).toBe(404);
    expect(slugs(await world.get(`/projects/${project}/services?environment=staging`))).toEqual(["staged"]);
  });

  test("that is not production sees what is in it without naming it", async () => {
    const { project, projectId } = await newProject();
    const environmentId = await newStaging(projectId);
    const headers = world.home.granted([{ role: "deployer", projectId, environmentId }]);
    expect(slugs(await world.get(`/projects/${project}/services`, headers))).toEqual(["staged"]);
  });
});

describe("a token", () => {
  test("for one environment deploys there, and finds nothing else, though its person may all", async () => {
    const { project, projectId, path, environmentId } = await newProject();
    await newStaging(projectId);
    const sibling = await newProject();
    const at = `@project/${projectId}/environment/${environmentId}`;
    const headers = world.home.headers("owner", [`service:read${at}`, `deployment:create${at}`, `project:read${at}`]);
    expect(slugs(await world.get("/projects", headers))).toEqual([project]);
    expect(slugs(await world.get(`/projects/${project}/services`, headers))).toEqual(["api"]);
    expect((await world.post(`${path}/deployments`, {}, headers)).status).toBe(202);
    expect((await world.put(`${path}/variables`, { values: { A: "b" } }, headers)).status).toBe(403);
    expect((await world.get(`/projects/${project}/services/staged`, headers)).status).toBe(404);
    expect((await world.get(sibling.path, headers)).status).toBe(404);
  });

  test("that may make services but not deploy makes one on the page, which is not deployed", async () => {
    const { project } = await newProject();
    const headers = world.home.headers("owner", ["service:create"]);
    const fields = { slug: "quiet", kind: "git", location: "https://example.com/api.git", port: "3000" };
    const made = await world.submit(`/projects/${project}/new`, fields, headers);
    expect([made.status, made.headers.get("location")]).toEqual([303, `/projects/${project}/quiet`]);
    expect((await world.get(`/projects/${project}/services/quiet/deployments`)).body.items).toEqual([]);
  });

  test("of a service account deploys in its project, under its name", async () => {
    const { path, projectId } = await newProject();
    const sibling = await newProject();
    const headers = world.home.service("member", [{ role: "deployer", projectId, environmentId: null }]);
    const started = await world.post(`${path}/deployments`, {}, headers);
    expect([started.status, started.body.createdBy]).toEqual([202, "deploys"]);
    expect((await world.post(`${sibling.path}/deployments`, {}, headers)).status).toBe(404);
    const [event] = await world.database.admin`
      select actor from platform.events
      where subject = ${started.body.id} and type = 'deployments.deployment.queued'`;
    expect(event?.actor).toEqual({ kind: "service", id: expect.any(String), name: "deploys" });
  });
});
