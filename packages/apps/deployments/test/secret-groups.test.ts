import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { MAX_GROUPS_OF_SERVICE } from "../src/secret-group.ts";
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

describe("a group", () => {
  test("is made, changed and listed by the names of its items; its version rises with each change", async () => {
    const { project } = await secrets.newService();
    const made = await world.post(`/projects/${project}/secret-groups`, { slug: "db", values: { B: "2" } });
    expect(made).toMatchObject({ status: 201, body: { slug: "db", version: 1, lastUsedAt: null } });
    const group = secrets.groupPath(project, "db");
    const set = await world.put(`${group}/items`, { values: { A: "1", "tls.key": "k" } });
    expect(set.body).toEqual({ set: ["A", "tls.key"], version: 2, deployments: [] });
    const unset = await world.post(`${group}/items/unset`, { names: ["B", "NEVER"] });
    expect(unset.body).toEqual({ unset: ["B"], version: 3, deployments: [] });
    expect((await world.post(`${group}/items/unset`, { names: ["NEVER"] })).body).toMatchObject({ version: 3 });
    const shown = await world.get(group);
    expect(shown.body).toMatchObject({ version: 3, items: [{ name: "A" }, { name: "tls.key" }], users: [] });
    expect((await world.get(secrets.groupPath(project, made.body.id))).body.slug).toBe("db");
    await secrets.newGroup(project, "cache");
    const first = await world.get(`/projects/${project}/secret-groups?limit=1`);
    expect(first.body).toMatchObject({ items: [{ slug: "cache", itemCount: 0 }], nextCursor: "cache" });
    const rest = await world.get(`/projects/${project}/secret-groups?cursor=${first.body.nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ slug: "db", itemCount: 2, serviceCount: 0 }], nextCursor: null });
  });

  test("has a name of its own in its project, and is not to be seen from another", async () => {
    const [one, other] = [await secrets.newService(), await secrets.newService()];
    await secrets.newGroup(one.project, "db", { A: "1" });
    expect((await world.post(`/projects/${one.project}/secret-groups`, { slug: "db" })).status).toBe(409);
    await secrets.newGroup(other.project, "db");
    const foreign = world.organisation("elsewhere").headers("owner");
    const mine = (await world.get(secrets.groupPath(one.project, "db"))).body;
    for (const [path, headers] of [
      [secrets.groupPath(one.project, "db"), foreign],
      [secrets.groupPath(other.project, mine.id), world.owner],
    ] as const) {
      const hidden = await world.get(path, headers);
      expect([hidden.status, hidden.body.code]).toEqual([404, "not_found"]);
    }
    expect((await secrets.attach(other.path, mine.id)).status).toBe(404);
  });

  test("is not removed while a service has it attached; the answer says which", async () => {
    const { path, project } = await secrets.newService();
    const group = await secrets.newGroup(project, "db", { A: "1" });
    expect((await secrets.attach(path, "db")).body).toEqual({ attached: true });
    const refused = await world.remove(group);
    expect([refused.status, refused.body.detail]).toEqual([409, "Detach the group first from: api."]);
    expect((await world.remove(`${path}/secret-groups/db`)).body).toEqual({ detached: true });
    expect((await world.remove(`${path}/secret-groups/db`)).body).toEqual({ detached: false });
    expect((await world.remove(group)).body).toEqual({ removed: true });
    expect((await world.get(group)).status).toBe(404);
  });

  test("keeps its project from being removed", async () => {
    await world.post("/projects", { slug: "only-secrets" });
    const group = await secrets.newGroup("only-secrets", "db", { A: "1" });
    expect((await world.remove("/projects/only-secrets")).status).toBe(409);
    await world.remove(group);
    expect((await world.remove("/projects/only-secrets")).status).toBe(200);
  });

  const refused: { name: string; values: Record<string, string>; says: RegExp }[] = [
    { name: "a name that is no file's", values: { "../x": "1" }, says: /letters, digits/ },
    { name: "NUL in a value", values: { A: "a\0b" }, says: /NUL/ },
    { name: "33 KiB in one", values: { A: "x".repeat(33 * 1024) }, says: /32768/ },
    { name: "33 KiB in all", values: { A: "x".repeat(20_000), B: "x".repeat(20_000) }, says: /32 KiB together/ },
    {
      name: "32 KiB of characters that take more bytes",
      values: { A: "\u00e9".repeat(20_000) },
      says: /32 KiB together/,
    },
    {
      name: "101 items",
      values: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`V${i}`, ""])),
      says: /at most 100/,
    },
  ];
  test.each(refused)("with $name is refused, and nothing of it is stored", async ({ values, says }) => {
    const { project } = await secrets.newService();
    const group = await secrets.newGroup(project, "db");
    const answer = await world.put(`${group}/items`, { values: { FINE: "1", ...values } });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringMatching(says)]);
    expect((await world.get(group)).body).toMatchObject({ version: 1, items: [] });
  });

  test("does not pass its limit when many set at once", async () => {
    const { project } = await secrets.newService();
    const group = await secrets.newGroup(project, "db");
    const values = (i: number) => Object.fromEntries(Array.from({ length: 40 }, (_, j) => [`V${i}_${j}`, "x"]));
    const answers = await Promise.all([1, 2, 3, 4].map((i) => world.put(`${group}/items`, { values: values(i) })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400]);
    expect((await world.get(group)).body).toMatchObject({ version: 3, items: { length: 80 } });
  });
});

describe("two groups of one service", () => {
  test("that want one name are refused, at attaching and at setting, and side by side with a prefix", async () => {
    const { path, project } = await secrets.newService();
    await secrets.newGroup(project, "one", { KEY: "1" });
    const two = await secrets.newGroup(project, "two", { KEY: "2" });
    await secrets.attach(path, "one");
    const attached = await secrets.attach(path, "two");
    expect([attached.status, attached.body.detail]).toEqual([
      409,
      expect.stringContaining("one and two have the variable KEY"),
    ]);
    expect((await world.get(`${path}/secret-groups`)).body.items).toHaveLength(1);
    expect((await secrets.attach(path, "two", { as: "variables", prefix: "TWO_" })).status).toBe(200);
    const set = await world.put(`${secrets.groupPath(project, "one")}/items`, { values: { TWO_KEY: "3" } });
    expect([set.status, set.body.detail]).toEqual([409, expect.stringContaining("the variable TWO_KEY")]);
    expect((await world.get(secrets.groupPath(project, "one"))).body).toMatchObject({
      version: 1,
      items: [{ name: "KEY" }],
    });
    expect((await world.get(two)).body.users).toEqual([
      { service: "api", use: { as: "variables", prefix: "TWO_" }, liveVersion: null, isCurrent: false },
    ]);
  });

  test("set at once to the same name do not both get it", async () => {
    const { path, project } = await secrets.newService();
    for (const slug of ["one", "two"]) {
      await secrets.newGroup(project, slug);
      await secrets.attach(path, slug);
    }
    const answers = await Promise.all(
      ["one", "two"].map((slug) => world.put(`${secrets.groupPath(project, slug)}/items`, { values: { KEY: slug } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("are not more than fit a release", async () => {
    const { path, project } = await secrets.newService();
    const slugs = Array.from({ length: MAX_GROUPS_OF_SERVICE + 1 }, (_, i) => `group-${i}`);
    for (const slug of slugs) await secrets.newGroup(project, slug);
    for (const slug of slugs.slice(1)) expect((await secrets.attach(path, slug)).status).toBe(200);
    expect((await secrets.attach(path, "group-0")).status).toBe(400);
    expect((await secrets.attach(path, "group-1", { as: "files" })).status).toBe(200); // it is there already
  });
});

test.each([
  { as: "files", directory: "/etc" },
  { as: "files", directory: "/run/../etc" },
  { as: "variables", prefix: "1_" },
  { as: "volumes" },
])("%j is no way to attach a group", async (use) => {
  const { path, project } = await secrets.newService();
  await secrets.newGroup(project, "db");
  expect((await secrets.attach(path, "db", use)).status).toBe(400);
});

describe("who may", () => {
  test("readers see names, editors write, and only admins are told values", async () => {
    const { project } = await secrets.newService();
    const group = await secrets.newGroup(project, "db", { A: "1" });
    const as = world.home.headers;
    const statuses = async (headers: Record<string, string>) => [
      (await world.get(group, headers)).status,
      (await world.put(`${group}/items`, { values: { A: "1" } }, headers)).status,
      (await world.post(`${group}/apply`, {}, headers)).status,
    ];
    expect(await statuses(as("viewer"))).toEqual([200, 403, 403]);
    expect(await statuses(as("developer"))).toEqual([200, 200, 202]);
    expect(await statuses(as("deployer"))).toEqual([200, 403, 202]);
    expect(await statuses(as("member"))).toEqual([404, 404, 404]);
  });

  test("setting and deploying are two rights: without the second nothing is changed", async () => {
    const { project } = await secrets.newService();
    const group = await secrets.newGroup(project, "db", { A: "1" });
    const headers = world.home.headers("owner", ["secret:write", "secret:read"]);
    const refused = await world.put(`${group}/items`, { values: { B: "1" }, apply: true }, headers);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
    expect((await world.get(group)).body.version).toBe(1);
    expect((await world.put(`${group}/items`, { values: { B: "1" } }, headers)).status).toBe(200);
  });
});

test("a group that a protected environment runs with is changed and deployed by fewer", async () => {
  const { path, project } = await secrets.newService();
  const group = await secrets.newGroup(project, "db", { A: "1" });
  const developer = world.home.headers("developer");
  const set = () => world.put(`${group}/items`, { values: { A: "2" } }, developer);
  await secrets.attach(path, "db");
  expect((await set()).status).toBe(200);
  expect((await world.patch(`/projects/${project}/environments/production`, { protected: true })).status).toBe(200);
  expect((await set()).status).toBe(403);
  expect((await world.post(`${group}/apply`, {}, developer)).status).toBe(403);
  expect((await world.post(`${group}/apply`, {}, world.home.headers("deployer"))).status).toBe(202);
  const detach = await world.request(`/api/v1/deployments${path}/secret-groups/db`, {
    method: "DELETE",
    headers: developer,
  });
  expect(detach.status).toBe(403);
  await world.remove(`${path}/secret-groups/db`);
  expect((await set()).status).toBe(200);
});
