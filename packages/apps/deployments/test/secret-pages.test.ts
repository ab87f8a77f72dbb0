import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { secretWorld } from "./secret-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(30_000);

let world: World;
let secrets: ReturnType<typeof secretWorld>;
beforeAll(async () => {
  world = await startWorld();
  secrets = secretWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const locationOf = (response: Response) => [response.status, response.headers.get("location")];

test("from no group to one that a service has attached, without scripts", async () => {
  const { project } = await secrets.newService();
  const at = `/projects/${project}/secrets`;
  expect((await world.page(at)).html).toContain("No secret groups yet");
  expect((await world.page(`/projects/${project}`)).html).toContain(`href="${at}"`);
  expect(locationOf(await world.submit(`${at}/new`, { slug: "db" }))).toEqual([303, `${at}/db`]);
  expect((await world.page(`${at}/db`)).html).toContain("No items yet");
  const item = { name: "PASSWORD", value: "line one\r\nline two" };
  expect(locationOf(await world.submit(`${at}/db/items`, item))).toEqual([303, `${at}/db`]);
  const admin = world.home.headers("admin", ["secret:reveal"]);
  const told = await world.post(`${secrets.groupPath(project, "db")}/reveal`, {}, admin);
  expect(told.body.values).toEqual({ PASSWORD: "line one\nline two" }); // as it was typed, not as browsers send it
  const variables = `/projects/${project}/api/variables`;
  expect((await world.page(variables)).html).toContain('<option value="db">');
  const attach = { group: "db", as: "files", prefix: "", directory: "" };
  expect(locationOf(await world.submit(`${variables}/groups`, attach))).toEqual([303, variables]);
  expect((await world.page(variables)).html).toContain("files in /run/secrets/db");
  expect((await world.page(`${at}/db`)).html).toContain("nothing is live");
  expect(locationOf(await world.submit(`${variables}/groups/detach`, { group: "db" }))).toEqual([303, variables]);
  await world.submit(`${at}/db/unset`, { name: "PASSWORD" });
  expect((await world.get(secrets.groupPath(project, "db"))).body).toMatchObject({ version: 3, items: [] });
  expect((await world.submit(`${at}/db/remove`, { confirm: "d" })).status).toBe(400);
  expect(locationOf(await world.submit(`${at}/db/remove`, { confirm: "db" }))).toEqual([303, at]);
});

test("forms come back with the error at its field, and without the value", async () => {
  const { project } = await secrets.newService();
  await secrets.newGroup(project, "db", { A: "1" });
  await secrets.newGroup(project, "other", { A: "1" });
  const at = `/projects/${project}/secrets`;
  const item = await world.submit(`${at}/db/items`, { name: "not/ok", value: "hunter2" });
  const html = await item.text();
  expect([item.status, html.includes('value="not/ok"'), html.includes("hunter2")]).toEqual([422, true, false]);
  const taken = await world.submit(`${at}/new`, { slug: "db" });
  expect([taken.status, (await taken.text()).includes("already a secret group")]).toEqual([422, true]);
  const groups = `/projects/${project}/api/variables/groups`;
  await world.submit(groups, { group: "db", as: "variables" });
  const clash = await world.submit(groups, { group: "other", as: "variables", prefix: "" });
  expect([clash.status, (await clash.text()).includes("the variable A")]).toEqual([422, true]);
  const folder = await world.submit(groups, { group: "other", as: "files", directory: "/etc" });
  expect([folder.status, (await folder.text()).includes('aria-invalid="true"')]).toEqual([422, true]);
});

test("a value is told after a question, once, and a reload does not tell it again", async () => {
  const { project, path } = await secrets.newService();
  await secrets.newGroup(project, "db", { A: "<value of a>", B: "value of b" });
  await world.put(`${path}/variables`, { values: { OWN: "value of own" } });
  const admin = world.home.headers("admin", ["*", "secret:reveal"]);
  for (const [at, back, field, value, other] of [
    [
      `/projects/${project}/secrets/db/reveal`,
      `/projects/${project}/secrets/db`,
      "A",
      "&lt;value of a&gt;",
      "value of b",
    ],
    [
      `/projects/${project}/api/variables/reveal`,
      `/projects/${project}/api/variables`,
      "OWN",
      "value of own",
      "value of a",
    ],
  ] as const) {
    const question = await (await world.submit(at, { name: field }, admin)).text();
    expect(question).toContain(`Reveal ${field}?`);
    expect(question).not.toContain(value);
    const told = await world.submit(at, { name: field, confirm: "yes" }, admin);
    expect([told.status, told.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const html = await told.text();
    expect(html).toContain(value);
    expect(html).not.toContain(other);
    expect(locationOf(await world.request(at, { headers: admin, redirect: "manual" }))).toEqual([303, back]);
    expect((await world.page(back, admin)).html).not.toContain(value);
    expect((await world.submit(at, { name: field, confirm: "yes" })).status).toBe(403); // a token that does not name it
  }
});

test("saving and redeploying is one press, and what is stale is seen and deployed with another", async () => {
  const { project, path, workloadId } = await secrets.newService();
  const group = await secrets.newGroup(project, "db", { A: "old" });
  await secrets.attach(path, "db");
  await secrets.deployLive(path, workloadId);
  const at = `/projects/${project}/secrets/db`;
  expect((await world.page(at)).html).toContain("Save and redeploy 1 service<");
  await world.put(`${group}/items`, { values: { A: "new" } });
  expect((await world.page(at)).html).toContain("version 1, not 2");
  expect(locationOf(await world.submit(`${at}/apply`, {}))).toEqual([303, at]);
  const [applied] = (await world.get(`${path}/deployments`)).body.items;
  await secrets.goLive(path, workloadId, applied.id);
  expect((await world.page(at)).html).not.toContain("version 1, not 2");
  const fields = { name: "A", value: "newest", apply: "yes" };
  expect(locationOf(await world.submit(`${at}/items`, fields))).toEqual([303, at]);
  const [saved] = (await world.get(`${path}/deployments`)).body.items;
  expect(saved.id).not.toBe(applied.id);
  await secrets.goLive(path, workloadId, saved.id);
  expect(secrets.given(workloadId).env).toEqual({ A: "newest" });
});

test("the page of secrets is for readers of the project; a button that they cannot use says why", async () => {
  const { project } = await secrets.newService();
  await secrets.newGroup(project, "db", { A: "1" });
  const viewer = world.home.headers("viewer");
  const { status, html } = await world.page(`/projects/${project}/secrets/db`, viewer);
  expect([status, html.includes("Your role, viewer, does not allow this.")]).toEqual([200, true]);
  const item = { name: "A", value: "2" };
  expect((await world.submit(`/projects/${project}/secrets/db/items`, item, viewer)).status).toBe(403);
  expect((await world.page(`/projects/${project}/secrets`, world.home.headers("member"))).status).toBe(404);
});

test("no service or project is named as the page of secrets", async () => {
  const { project } = await secrets.newService();
  const source = { kind: "image", reference: "nginx" };
  expect((await world.post(`/projects/${project}/services`, { slug: "secrets", source })).status).toBe(400);
});
