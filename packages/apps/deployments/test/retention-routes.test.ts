import { afterAll, beforeAll, expect, test } from "bun:test";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

test("a release that is gone is told as such by the routes and on the page, and is no way back", async () => {
  const { path, project, body } = await world.newService();
  await world.deployLive(path);
  await world.deployLive(path);
  const rollbackButton = "Roll back to 1";
  const page = () => world.page(`/projects/${project}/api/releases`);
  expect((await page()).html.replaceAll("<!-- -->", "")).toContain(rollbackButton);
  await world.database.admin`
    update deployments.releases set collected_at = now(), env_sealed = null, files_sealed = null
    where workload_id = ${body.workloadId} and number = 1`;
  const [live, gone] = (await world.get(`${path}/releases`)).body.items;
  expect(live).toMatchObject({ number: 2, collectedAt: null, available: true });
  expect(gone).toMatchObject({ number: 1, collectedAt: expect.any(String), available: false, state: "superseded" });
  const { html } = await page();
  expect(html).toContain("Not kept any more");
  expect(html.replaceAll("<!-- -->", "")).not.toContain(rollbackButton);
  const refused = await world.post(`${path}/rollback`, { to: 1 });
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("it cannot run again")]);
  const none = await world.post(`${path}/rollback`, {});
  expect([none.status, none.body.detail]).toEqual([409, "There is no earlier release to go back to."]);
  const run = await world.post(`${path}/runs`, { argv: ["true"], release: 1, timeoutSeconds: 60 });
  expect([run.status, run.body.detail]).toEqual([409, "Release 1 never went live, or is not kept any more."]);
}, 40_000);
