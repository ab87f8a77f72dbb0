import { afterAll, beforeAll, expect, test } from "bun:test";
import { MAX_VARIABLES, MAX_VARIABLES_BYTES } from "../src/variable.ts";
import { startWorld, type World } from "./world.ts";

const SECRET = "sk_live_very_secret";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

const set = (path: string, values: Record<string, string>) => world.put(`${path}/variables`, { values });
const namesOf = async (path: string) =>
  (await world.get(`${path}/variables`)).body.items.map(({ name }: { name: string }) => name);

test("are set and unset by name; the others stay", async () => {
  const { path } = await world.newService();
  expect((await set(path, { B: "2", A: "1" })).body).toEqual({ set: ["A", "B"] });
  await set(path, { B: "3", C: "" });
  expect(await namesOf(path)).toEqual(["A", "B", "C"]);
  const unset = await world.post(`${path}/variables/unset`, { names: ["A", "NEVER"] });
  expect(unset.body).toEqual({ unset: ["A"] });
  expect(await namesOf(path)).toEqual(["B", "C"]);
});

test("go in and reach the workload, and are in no other answer, event, page or row", async () => {
  const { path, body } = await world.newService();
  const answers = [await set(path, { KEY: SECRET })];
  const live = await world.deployLive(path);
  expect(world.workloads.get(body.workloadId)?.release.env).toEqual({
    HOMEPORT_ENVIRONMENT: "production",
    HOMEPORT_GIT_COMMIT: "abc123",
    HOMEPORT_PROJECT: body.project,
    HOMEPORT_PUBLIC_URL: body.url,
    HOMEPORT_SERVICE: "api",
    KEY: SECRET,
  });
  for (const at of ["", "/variables", "/deployments", `/deployments/${live.id}`, "/releases"]) {
    answers.push(await world.get(path + at));
  }
  const pages = `/projects/${body.project}/api`;
  for (const at of ["", "/variables", "/settings", "/releases", `/deployments/${live.id}`]) {
    const { status, html } = await world.page(pages + at);
    expect(status).toBe(200);
    expect(html).not.toContain(SECRET);
  }
  expect(JSON.stringify(answers)).not.toContain(SECRET);
  const dump = await world.database.admin`
    select events::text as text from platform.events
    union all select variables::text from deployments.variables
    union all select encode(value_sealed, 'escape') from deployments.variables
    union all select releases::text from deployments.releases
    union all select encode(env_sealed, 'escape') from deployments.releases
    union all select deployments::text from deployments.deployments`;
  expect(JSON.stringify(dump)).toContain("deployments.variables.changed");
  expect(JSON.stringify(dump)).not.toContain(SECRET);
  const [event] = await world.database.admin<{ data: unknown }[]>`
    select data from platform.events where type = 'deployments.variables.changed' and subject = ${body.id}`;
  expect(event?.data).toEqual({ set: ["KEY"] });
}, 30_000);

test("a sealed value is worth nothing in another row", async () => {
  const { path, body } = await world.newService();
  await set(path, { MINE: SECRET, OTHER: "x" });
  await world.database.admin`
    update deployments.variables v set value_sealed = w.value_sealed
    from deployments.variables w
    where v.workload_id = ${body.workloadId} and w.workload_id = v.workload_id and v.name = 'OTHER' and w.name = 'MINE'`;
  const { id } = await world.deploy(path, {});
  await world.untilJob(id);
  world.succeedBuild(id);
  await world.emit("ci", "ci.job.succeeded", world.jobOf(id).id);
  await world.untilState(path, id, "releasing");
  expect(world.workloads.has(body.workloadId)).toBe(false);
  await world.post(`${path}/deployments/${id}/cancel`, {});
}, 30_000);

const wrong: { name: string; values: Record<string, string>; says: RegExp }[] = [
  { name: "a name with a dash", values: { "MY-KEY": "x" }, says: /letters, digits and _/ },
  { name: "a name with =", values: { "A=B": "x" }, says: /letters, digits and _/ },
  { name: "PORT, which is Homeport's", values: { PORT: "1" }, says: /PORT is set by Homeport/ },
  { name: "NUL in the value", values: { A: "a\0b" }, says: /NUL/ },
  { name: "a value of 33 KiB", values: { A: "x".repeat(33 * 1024) }, says: /32768/ },
  {
    name: "too many at once",
    values: Object.fromEntries(Array.from({ length: MAX_VARIABLES + 1 }, (_, i) => [`V${i}`, ""])),
    says: /at most 200/,
  },
  {
    name: "more than fits together",
    values: Object.fromEntries(
      Array.from({ length: MAX_VARIABLES_BYTES / 1024 / 16 }, (_, i) => [`V${i}`, "x".repeat(16 * 1024)]),
    ),
    says: /256 KiB together/,
  },
];
for (const { name, values, says } of wrong) {
  test(`${name} is refused, and nothing of the request is stored`, async () => {
    const { path } = await world.newService();
    const refused = await set(path, { FINE: "1", ...values });
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toMatch(says);
    expect(await namesOf(path)).toEqual([]);
  });
}

test("many requests at once do not pass the limit together", async () => {
  const { path } = await world.newService();
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, i) =>
      set(path, Object.fromEntries(Array.from({ length: 60 }, (_each, j) => [`V${i}_${j}`, "x"]))),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 400, 400]);
  expect(await namesOf(path)).toHaveLength(180);
});
