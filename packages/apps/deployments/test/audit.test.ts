import { afterAll, beforeAll, expect, test } from "bun:test";
import { GIT, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

test("every change is in the audit log with what changed, names of variables and no values", async () => {
  const at = "/projects/shop/services/api";
  const { id: projectId } = (await world.post("/projects", { slug: "shop" })).body;
  const service = (await world.post("/projects/shop/services", { slug: "api", source: GIT })).body;
  await world.patch(at, { settings: { ...service.settings, port: 9000 } });
  await world.put(`${at}/variables`, { values: { LEVEL: "hunter2", MODE: "hunter3" } });
  await world.post(`${at}/variables/unset`, { names: ["LEVEL", "NOTHING"] });
  await world.post(`${at}/variables/unset`, { names: ["NOTHING"] });
  const live = await world.deployLive(at);
  const next = await world.deployLive(at);
  const back = (await world.post(`${at}/rollback`, { to: 1 })).body;
  await world.post(`${at}/deployments/${back.id}/cancel`);
  await world.post(`${at}/deployments/${back.id}/cancel`);
  await world.untilState(at, back.id, "cancelled");
  await world.remove(at);
  await world.remove("/projects/shop");

  const rows = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries where organisation_id = ${world.home.id} order by seq`;
  const entries = rows.map(({ content }) => JSON.parse(content));
  const subjectOf = (kind: string, id: string, name: string) => ({ kind, id, name });
  const ofService = subjectOf("service", service.id, "api");
  const deployment = (id: string) => subjectOf("deployment", id, "api");
  expect(entries.map(({ action, subject, before, after }) => ({ action, subject, before, after }))).toEqual([
    {
      action: "project:create",
      subject: subjectOf("project", projectId, "shop"),
      before: null,
      after: { slug: "shop" },
    },
    {
      action: "service:create",
      subject: ofService,
      before: null,
      after: expect.objectContaining({ source: GIT, port: 8080 }),
    },
    { action: "service:update", subject: ofService, before: { port: 8080 }, after: { port: 9000 } },
    { action: "variable:write", subject: ofService, before: null, after: { set: ["LEVEL", "MODE"] } },
    { action: "variable:write", subject: ofService, before: null, after: { unset: ["LEVEL"] } },
    { action: "deployment:create", subject: deployment(live.id), before: null, after: { cause: "build" } },
    { action: "deployment:create", subject: deployment(next.id), before: null, after: { cause: "build" } },
    { action: "release:rollback", subject: deployment(back.id), before: null, after: { cause: "release", release: 1 } },
    { action: "deployment:cancel", subject: deployment(back.id), before: null, after: null },
    {
      action: "service:remove",
      subject: ofService,
      before: expect.objectContaining({ source: GIT, port: 9000 }),
      after: null,
    },
    {
      action: "project:remove",
      subject: subjectOf("project", projectId, "shop"),
      before: { slug: "shop" },
      after: null,
    },
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({ app: "deployments", organisationId: world.home.id, projectId });
    expect(entry.actor).toMatchObject({ kind: "person", name: "owner", credential: { kind: "token" } });
  }
  expect(JSON.stringify(entries)).not.toContain("hunter");
}, 60_000);

test("a change that is refused leaves no entry", async () => {
  await world.post("/projects", { slug: "taken" });
  const count = async () =>
    (await world.database.admin<{ count: number }[]>`select count(*)::int from platform.audit_entries`)[0]?.count;
  const before = await count();
  expect((await world.post("/projects", { slug: "taken" })).status).toBe(409);
  expect((await world.post("/projects", { slug: "mine" }, world.home.headers("viewer"))).status).toBe(403);
  expect(await count()).toBe(before);
});

test("the events of a project tell what others need to know of it", async () => {
  const { id } = (await world.post("/projects", { slug: "told" })).body;
  const [production] = (await world.get("/projects/told/environments")).body.items;
  await world.remove("/projects/told");
  const events = await world.database.admin`
    select type, data, project_id from platform.events where subject = ${id} order by id`;
  expect([...events]).toEqual([
    {
      type: "deployments.project.created",
      project_id: id,
      data: { projectId: id, slug: "told", environments: [{ id: production.id, slug: "production" }] },
    },
    { type: "deployments.project.removed", project_id: id, data: { projectId: id, slug: "told" } },
  ]);
});
