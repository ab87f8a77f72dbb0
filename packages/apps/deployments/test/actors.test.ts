import { afterAll, beforeAll, expect, test } from "bun:test";
import { GIT, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

test("every event names who did what it tells of, not who began it", async () => {
  const [owner, admin, developer, deployer] = (["owner", "admin", "developer", "deployer"] as const).map((role) =>
    world.home.headers(role),
  );
  const at = "/projects/shop/services/api";
  await world.post("/projects", { slug: "shop" }, admin);
  await world.post("/projects/shop/services", { slug: "api", source: GIT }, owner);
  await world.patch(at, { settings: { port: 9000 } }, developer);
  await world.put(`${at}/variables`, { values: { LEVEL: "debug" } }, developer);
  await world.post(`${at}/variables/unset`, { names: ["LEVEL"] }, admin);
  const first = (await world.post(`${at}/deployments`, {}, deployer)).body;
  await world.untilJob(first.id);
  const second = (await world.post(`${at}/deployments`, {}, owner)).body;
  const third = (await world.post(`${at}/deployments`, {}, admin)).body;
  await world.post(`${at}/deployments/${first.id}/cancel`, {}, developer);
  await world.untilState(at, first.id, "cancelled");
  await world.post(`${at}/deployments/${third.id}/cancel`, {}, owner);
  await world.untilState(at, third.id, "cancelled");
  await world.remove(at, admin);
  await world.remove("/projects/shop", owner);

  const events = await world.database.admin<{ type: string; subject: string; name: string | null }[]>`
    select type, subject, actor ->> 'name' as name from platform.events where source = 'deployments' order by id`;
  const actors = (subject: string) =>
    events.filter((event) => event.subject === subject).map(({ type, name }) => `${type.split(".").at(-1)} ${name}`);
  expect(actors(first.id)).toEqual([
    "queued deployer",
    "started deployer",
    "cancelling developer",
    "cancelled developer",
  ]);
  expect(actors(second.id)).toEqual(["queued owner", "superseded admin"]);
  expect(actors(third.id)).toEqual(expect.arrayContaining(["queued admin", "cancelled owner"]));
  const others = events.filter(({ type }) => !type.startsWith("deployments.deployment."));
  expect(others.map(({ type, name }) => `${type} ${name}`)).toEqual([
    "deployments.project.created admin",
    "deployments.service.created owner",
    "deployments.changes.applied owner",
    "deployments.service.updated developer",
    "deployments.changes.applied developer",
    "deployments.variables.changed developer",
    "deployments.changes.applied developer",
    "deployments.variables.changed admin",
    "deployments.changes.applied admin",
    "deployments.service.removed admin",
    "deployments.changes.applied admin",
    "deployments.project.removed owner",
  ]);
}, 30_000);
