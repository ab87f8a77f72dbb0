import { afterAll, beforeAll, expect, test } from "bun:test";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

test("a command is taken from who may deploy, and from nobody else", async () => {
  const { path } = await world.newService();
  await world.deployLive(path);
  world.away.add("clusters"); // how it goes on is no matter here
  const argv = ["bun", "migrate.ts"];
  const taken = await world.post(`${path}/runs`, { argv });
  expect(taken).toMatchObject({ status: 202, body: { state: "pending", kind: "command", command: argv, release: 1 } });
  expect(taken.body.log).toBe(`run.${taken.body.id}`);
  for (const role of ["developer", "deployer"] as const) {
    expect((await world.post(`${path}/runs`, { argv }, world.home.headers(role))).status).toBe(202);
  }
  const viewer = world.home.headers("viewer");
  expect((await world.post(`${path}/runs`, { argv }, viewer)).status).toBe(403);
  expect((await world.post(`${path}/runs/${taken.body.id}/cancel`, {}, viewer)).status).toBe(403);
  expect((await world.get(`${path}/runs/${taken.body.id}`, viewer)).body.id).toBe(taken.body.id);
  const listed = await world.get(`${path}/runs?limit=2`, viewer);
  expect(listed.body.items).toHaveLength(2);
  const rest = await world.get(`${path}/runs?limit=2&cursor=${listed.body.nextCursor}`);
  expect(rest.body.items.map(({ id }: { id: string }) => id)).toEqual([taken.body.id]);
  const asked = await world.post(`${path}/runs/${taken.body.id}/cancel`);
  expect(asked).toMatchObject({ status: 200, body: { cancelRequested: true } });
  world.away.clear();
}, 40_000);

test("where an environment is protected, developers run nothing", async () => {
  const { path, project } = await world.newService();
  await world.deployLive(path);
  await world.patch(`/projects/${project}/environments/production`, { protected: true });
  const ask = (role: "developer" | "deployer") =>
    world.post(`${path}/runs`, { argv: ["true"] }, world.home.headers(role));
  expect((await ask("developer")).status).toBe(403);
  expect((await ask("deployer")).status).toBe(202);
}, 40_000);

test("what cannot be run is refused", async () => {
  const { path } = await world.newService();
  expect((await world.post(`${path}/runs`, { argv: ["true"] })).status).toBe(409);
  for (const body of [{}, { argv: [] }, { argv: ["a\0b"] }, { argv: ["a"], command: "a" }, { command: " " }]) {
    expect((await world.post(`${path}/runs`, body)).status).toBe(400);
  }
  expect((await world.get(`${path}/runs/${Bun.randomUUIDv7()}`)).status).toBe(404);
}, 20_000);

test("a cron service has next times once it is live, and its schedule is checked", async () => {
  const settings = { kind: "cron", schedule: "0 3 * * *", timeZone: "Europe/Berlin", startCommand: "bun report.ts" };
  const { path } = await world.newService({ settings });
  expect((await world.get(`${path}/cron`)).body).toMatchObject({ schedule: "0 3 * * *", nextTimes: [], latest: null });
  await world.deployLive(path);
  const workload = world.workloads.get((await world.get(path)).body.workloadId);
  expect(workload?.release).toMatchObject({ kind: "cron", hosts: [] });
  expect((await world.get(`${path}/cron`)).body.nextTimes).toHaveLength(5);
  const run = await world.post(`${path}/cron/run`);
  expect(run).toMatchObject({ status: 202, body: { kind: "cron", scheduledFor: null } });
  for (const wrong of [{ schedule: "61 * * * *" }, { timeZone: "Mars/Olympus" }, { cronTimeoutSeconds: 0 }]) {
    expect((await world.patch(path, { settings: wrong })).status).toBe(400);
  }
}, 40_000);
