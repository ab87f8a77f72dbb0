import { afterAll, beforeAll, expect, test } from "bun:test";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const SECRET = "hunter2-very-secret";

type Told = { target: { kind: string; name: string }; change: string };

const namesOf = async (path: string) =>
  (await world.get(`${path}/variables`)).body.items.map(({ name }: { name: string }) => name);
const slugsOf = async (at: string) =>
  (await world.get(`${at}/services`)).body.items.map(({ slug }: { slug: string }) => slug);

test("a service, its variable and a renaming wait as a draft, and are applied together", async () => {
  const { at } = await drafts.newProject("api");
  const staged = await drafts.stage(at, [
    { op: "service.create", tempId: "tmp_web", slug: "web", source: drafts.IMAGE },
    drafts.setIn("tmp_web", "API", "${{api.INTERNAL_URL}}"),
    { op: "service.update", service: "api", slug: "backend" },
  ]);
  expect(staged.status).toBe(201);
  expect(staged.body).toMatchObject({ version: 3, conflicts: [], problems: [], hiddenCount: 0 });
  expect(await slugsOf(at)).toEqual(["api"]);
  const applied = await drafts.apply(at, { draftVersion: 3, deploy: "none", message: "first" });
  expect(applied.body).toMatchObject({ deployments: [], problems: [], version: 4 });
  expect(Object.keys(applied.body.created)).toEqual(["tmp_web"]);
  expect(await slugsOf(at)).toEqual(["backend", "web"]);
  expect((await world.get(`${at}/services/web/variables`)).body.items).toMatchObject([
    { name: "API", scope: "workload", overrides: [], refers: [{ kind: "service", name: "backend.INTERNAL_URL" }] },
  ]);
  expect((await world.get(`${at}/changes`)).body).toMatchObject({ version: 4, changes: [], diff: [] });
  const [set] = (await world.get(`${at}/change-sets`)).body.items;
  expect(set).toMatchObject({ message: "first", author: { name: "owner" } });
  expect(set.diff.map(({ target, change }: Told) => `${target.kind} ${target.name} ${change}`)).toEqual([
    "service backend changed",
    "service web created",
    "variable API of web in production created",
  ]);
});

test("when the last change cannot be made, nothing is different and the draft is as it was", async () => {
  const { at } = await drafts.newProject("api", "worker");
  await drafts.stage(at, [
    { op: "service.create", tempId: "tmp_web", slug: "web", source: drafts.IMAGE },
    drafts.setIn("tmp_web", "KEY", SECRET),
    { op: "service.update", service: "worker", slug: "jobs" },
  ]);
  await world.post(`${at}/services`, { slug: "jobs", source: drafts.IMAGE });
  const draft = (await world.get(`${at}/changes`)).body;
  expect(draft.changes.map(({ error }: { error: string | null }) => error)).toEqual([
    null,
    null,
    expect.stringContaining('named "jobs"'),
  ]);
  const refused = await drafts.apply(at);
  expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
  expect(refused.body.details).toEqual({ changeId: draft.changes[2].id, op: "service.update" });
  expect(await slugsOf(at)).toEqual(["api", "jobs", "worker"]);
  expect((await world.get(`${at}/changes`)).body).toEqual(draft);
  await world.post(`${at}/changes/discard`, { changeIds: [draft.changes[2].id] });
  expect((await drafts.apply(at, { deploy: "none" })).status).toBe(200);
  expect(await slugsOf(at)).toEqual(["api", "jobs", "web", "worker"]);
});

test("a renaming deploys who refers to the service, and the service, each once and nobody else", async () => {
  const { at, workloads } = await drafts.newProject("api", "web", "other");
  await world.put(`${at}/services/web/variables`, {
    values: { API: "${{api.INTERNAL_URL}}", SAME: "${{api.INTERNAL_URL}}" },
  });
  for (const slug of ["api", "web", "other"]) await drafts.goLive(`${at}/services/${slug}`, workloads[slug] ?? "");
  expect(drafts.given(workloads.web ?? "")).toEqual({ API: "http://api:8080", SAME: "http://api:8080" });
  await drafts.stage(at, [{ op: "service.update", service: "api", slug: "backend" }]);
  const { body } = await drafts.apply(at);
  expect(body.deployments.map(({ service }: { service: string }) => service)).toEqual(["backend", "web"]);
  const { deploymentId } = body.deployments[1];
  await drafts.goLive(`${at}/services/web`, workloads.web ?? "", deploymentId);
  expect(drafts.given(workloads.web ?? "")).toEqual({ API: "http://backend:8080", SAME: "http://backend:8080" });
  expect((await world.get(`${at}/services/other/deployments`)).body.items).toHaveLength(1);
  expect((await world.get(`${at}/services/web/deployments`)).body.items).toHaveLength(2);
}, 60_000);

test("a draft shows what it comes to, not each step on the way", async () => {
  const { at } = await drafts.newProject("api");
  const { body: group } = await world.post(`${at}/groups`, { slug: "core" });
  await world.put(`${at}/services/api/variables`, { values: { OLD: "1", GONE: "1" } });
  const staged = await drafts.stage(at, [
    drafts.setIn("api", "NEW", "one"),
    drafts.setIn("api", "NEW", SECRET),
    drafts.setIn("api", "OLD", "2"),
    drafts.setIn("api", "OLD", "1"),
    { op: "variable.unset", scope: { kind: "workload", service: "api", environment: "production" }, name: "GONE" },
    { op: "service.create", tempId: "tmp_x", slug: "x", source: drafts.IMAGE },
    { op: "service.remove", service: "tmp_x" },
    { op: "service.update", service: "api", group: group.id },
    { op: "service.update", service: "api", group: null },
    { op: "service.update", service: "api", settings: { port: 9000 } },
  ]);
  expect(staged.body.diff).toEqual([
    {
      target: { kind: "service", id: expect.any(String), name: "api" },
      change: "changed",
      fields: [{ field: "port", before: 8080, after: 9000 }],
    },
    {
      target: { kind: "variable", id: expect.any(String), name: "GONE of api in production" },
      change: "removed",
      fields: [{ field: "value", before: "set", after: "removed" }],
    },
    {
      target: { kind: "variable", id: expect.any(String), name: "NEW of api in production" },
      change: "created",
      fields: [{ field: "value", before: null, after: "set" }],
    },
  ]);
  expect(JSON.stringify(staged.body)).not.toContain(SECRET);
});

test("values are in no answer, event, row or audit entry, and go with the draft", async () => {
  const { at } = await drafts.newProject("api");
  const answers = [await drafts.stage(at, [drafts.setIn("api", "KEY", SECRET)])];
  answers.push(await world.get(`${at}/changes`), await drafts.apply(at), await world.get(`${at}/change-sets`));
  const dump = await world.database.admin`
    select events::text as text from platform.events
    union all select content from platform.audit_entries
    union all select changes::text from deployments.changes
    union all select encode(value_sealed, 'escape') from deployments.changes where value_sealed is not null
    union all select change_sets::text from deployments.change_sets`;
  expect(JSON.stringify(dump)).toContain("KEY of api");
  expect(JSON.stringify([dump, answers])).not.toContain(SECRET);
  const left = await world.database.admin`
    select id from deployments.changes where state <> 'staged' and value_sealed is not null`;
  expect(left).toHaveLength(0);
});

test("what somebody changed meanwhile is a conflict with both sides, until it is said whose holds", async () => {
  const { at } = await drafts.newProject("api");
  const variables = `${at}/services/api/variables`;
  await world.put(variables, { values: { LEVEL: "old", MODE: "old" } });
  await drafts.stage(at, [drafts.setIn("api", "LEVEL", "mine"), drafts.setIn("api", "MODE", "mine")]);
  const admin = world.home.headers("admin");
  await world.put(variables, { values: { LEVEL: "theirs" } }, admin);
  await world.post(`${variables}/unset`, { names: ["MODE"] }, admin);
  const { conflicts, changes } = (await world.get(`${at}/changes`)).body;
  expect(conflicts).toMatchObject([
    {
      changeId: changes[0].id,
      target: { kind: "variable", name: "LEVEL of api in production" },
      yours: { author: { name: "owner" } },
      theirs: { author: { name: "admin" }, changeSet: 3 },
      current: { value: "set" },
    },
    { changeId: changes[1].id, theirs: { author: { name: "admin" }, changeSet: 4 }, current: null },
  ]);
  const refused = await drafts.apply(at);
  expect([refused.status, refused.body.details]).toEqual([409, { reason: "changes_conflict", conflicts }]);
  const resolve = { [changes[0].id]: "theirs", [changes[1].id]: "mine" };
  expect((await drafts.apply(at, { resolve })).status).toBe(200);
  const revealed = await world.post(`${variables}/reveal`, { names: ["LEVEL", "MODE"] }, revealer());
  expect(revealed.body.values).toEqual({ LEVEL: "theirs", MODE: "mine" });
});

const revealer = () => world.home.headers("owner", ["*", "secret:reveal"]);

test("a variable that was unset and set again is not the one that somebody saw", async () => {
  const { at } = await drafts.newProject("api");
  const variables = `${at}/services/api/variables`;
  await world.put(variables, { values: { A: "1" } });
  await drafts.stage(at, [drafts.setIn("api", "A", "2")]);
  await world.post(`${variables}/unset`, { names: ["A"] });
  await world.put(variables, { values: { A: "3" } });
  expect((await drafts.apply(at)).body.details.reason).toBe("changes_conflict");
});

test("a variable that is set and unset in a draft is not brought back because somebody unset it before", async () => {
  const { at } = await drafts.newProject("api");
  const scope = { kind: "workload", service: "api", environment: "production" };
  await world.put(`${at}/services/api/variables`, { values: { A: "1" } });
  await drafts.stage(at, [drafts.setIn("api", "A", "2"), { op: "variable.unset", scope, name: "A" }]);
  await world.post(`${at}/services/api/variables/unset`, { names: ["A"] });
  const { changes } = (await world.get(`${at}/changes`)).body;
  const resolve = { [changes[0].id]: "mine", [changes[1].id]: "mine" };
  expect((await drafts.apply(at, { resolve })).status).toBe(200);
  expect(await namesOf(`${at}/services/api`)).toEqual([]);
});

test("what was to go and is gone is no error", async () => {
  const { at } = await drafts.newProject("api", "web");
  await drafts.stage(at, [{ op: "service.remove", service: "web" }, drafts.setIn("api", "A", "1")]);
  await world.remove(`${at}/services/web`);
  const { conflicts } = (await world.get(`${at}/changes`)).body;
  const resolve = { [conflicts[0].changeId]: "mine" };
  expect((await drafts.apply(at, { resolve })).status).toBe(200);
  expect(await namesOf(`${at}/services/api`)).toEqual(["A"]);
});

test("only the draft that was looked at is applied", async () => {
  const { at } = await drafts.newProject("api");
  const { version } = (await drafts.stage(at, [drafts.setIn("api", "A", "1")])).body;
  await drafts.stage(at, [drafts.setIn("api", "B", "1")], world.home.headers("admin"));
  const refused = await drafts.apply(at, { draftVersion: version });
  expect([refused.status, refused.body.details]).toEqual([409, { reason: "draft_changed", version: version + 1 }]);
  expect(await namesOf(`${at}/services/api`)).toEqual([]);
  const { authors } = (await world.get(`${at}/changes`)).body;
  expect(authors.map(({ name }: { name: string }) => name)).toEqual(["owner", "admin"]);
});

test("of two who apply at once one applies, and the other is told", async () => {
  const { at, workloads } = await drafts.newProject("api");
  await drafts.goLive(`${at}/services/api`, workloads.api ?? "");
  const { version } = (await drafts.stage(at, [drafts.setIn("api", "A", "1")])).body;
  const answers = await Promise.all([1, 2, 3].map(() => drafts.apply(at, { draftVersion: version })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect((await world.get(`${at}/services/api/deployments`)).body.items).toHaveLength(2);
});

test("what is staged, applied and set directly at once is all there afterwards", async () => {
  const { at } = await drafts.newProject("api");
  const work = Array.from({ length: 12 }, (_, i) => {
    if (i % 3 === 0) return drafts.stage(at, [drafts.setIn("api", `STAGED_${i}`, "x")]);
    if (i % 3 === 1) return world.put(`${at}/services/api/variables`, { values: { [`DIRECT_${i}`]: "x" } });
    return drafts.apply(at, { deploy: "none" });
  });
  const statuses = (await Promise.all(work)).map(({ status }) => status);
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  await drafts.apply(at, { deploy: "none" });
  expect(await namesOf(`${at}/services/api`)).toEqual(
    [1, 10, 4, 7].map((i) => `DIRECT_${i}`).concat([0, 3, 6, 9].map((i) => `STAGED_${i}`)),
  );
});

test("discarding takes what needs it along, and leaves the rest", async () => {
  const { at } = await drafts.newProject("api");
  const { changes } = (
    await drafts.stage(at, [
      { op: "group.create", tempId: "tmp_g", slug: "core" },
      { op: "service.create", tempId: "tmp_w", slug: "web", source: drafts.IMAGE, group: "tmp_g" },
      drafts.setIn("tmp_w", "A", "1"),
      drafts.setIn("api", "A", "1"),
    ])
  ).body;
  const ids = changes.map(({ id }: { id: string }) => id);
  expect((await world.post(`${at}/changes/discard`, { changeIds: [ids[0]] })).body.discarded).toEqual(ids.slice(0, 3));
  expect((await world.get(`${at}/changes`)).body.changes.map(({ id }: { id: string }) => id)).toEqual([ids[3]]);
  expect((await world.post(`${at}/changes/discard`)).body.discarded).toEqual([ids[3]]);
  expect((await world.post(`${at}/changes/discard`)).body.discarded).toEqual([]);
  expect((await drafts.apply(at)).status).toBe(409);
});

test("of a draft that is applied in part, the rest goes on with what was made", async () => {
  const { at } = await drafts.newProject();
  const { changes } = (
    await drafts.stage(at, [
      { op: "service.create", tempId: "tmp_w", slug: "web", source: drafts.IMAGE },
      drafts.setIn("tmp_w", "A", "1"),
      { op: "service.update", service: "tmp_w", settings: { port: 9000 } },
    ])
  ).body;
  expect((await drafts.apply(at, { changeIds: [changes[1].id] })).status).toBe(404);
  expect((await drafts.apply(at, { changeIds: [changes[0].id], deploy: "none" })).status).toBe(200);
  const rest = (await world.get(`${at}/changes`)).body;
  expect([rest.changes.length, rest.conflicts]).toEqual([2, []]);
  expect((await drafts.apply(at, { deploy: "none" })).status).toBe(200);
  expect((await world.get(`${at}/services/web`)).body.settings.port).toBe(9000);
  expect(await namesOf(`${at}/services/web`)).toEqual(["A"]);
});

test("a request that is repeated with its Idempotency-Key stages and applies once", async () => {
  const { at } = await drafts.newProject("api");
  const keyed = (key: string) => ({ ...world.owner, "idempotency-key": key });
  for (const _ of [1, 2]) {
    expect((await drafts.stage(at, [drafts.setIn("api", "A", "1")], keyed("stage-1"))).body.version).toBe(1);
  }
  expect((await drafts.apply(at, {}, keyed("apply-1"))).body.changeSet).toBe(2);
  expect((await drafts.apply(at, {}, keyed("apply-1"))).body.changeSet).toBe(2);
  expect((await world.get(`${at}/change-sets`)).body.items).toHaveLength(2);
});

test("who may not change a protected environment stages for it, and leaves applying to who may", async () => {
  const { at } = await drafts.newProject("api");
  await world.patch(`${at}/environments/production`, { protected: true });
  const developer = world.home.headers("developer");
  const change = drafts.setIn("api", "A", "1");
  expect((await world.put(`${at}/services/api/variables`, { values: { A: "1" } }, developer)).status).toBe(403);
  expect((await drafts.stage(at, [change], developer)).status).toBe(201);
  const refused = await drafts.apply(at, {}, developer);
  expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining("production is protected")]);
  expect((await drafts.stage(at, [{ op: "service.remove", service: "api" }], developer)).status).toBe(403);
  expect((await drafts.stage(at, [change], world.home.headers("viewer"))).status).toBe(403);
  expect((await drafts.apply(at, {}, world.home.headers("admin"))).status).toBe(200);
  expect(await namesOf(`${at}/services/api`)).toEqual(["A"]);
});

test("a value that refers to a secret takes the right to change its group", async () => {
  const { at } = await drafts.newProject("api", "web");
  await world.post(`${at}/environments`, { slug: "staging" });
  await world.post(`${at}/secret-groups`, { slug: "live", values: { KEY: SECRET } });
  await world.put(`${at}/services/api/variables`, { values: { KEY: "${{secret.live.KEY}}" } });
  await world.patch(`${at}/environments/production`, { protected: true });
  const developer = world.home.headers("developer");
  const values = { MINE: "${{secret.live.KEY}}" };
  const refused = await world.put(`${at}/services/web/variables`, { environment: "staging", values }, developer);
  expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining("live is protected")]);
  const copy = { slug: "copy", copyFrom: "production" };
  expect((await world.post(`${at}/environments`, copy, developer)).status).toBe(403);
  expect((await world.put(`${at}/services/web/variables`, { environment: "staging", values })).status).toBe(200);
});

test("a project of another organisation has no draft for anybody else", async () => {
  const { at } = await drafts.newProject("api");
  const stranger = world.organisation("away").headers("owner");
  expect((await world.get(`${at}/changes`, stranger)).status).toBe(404);
  expect((await drafts.stage(at, [drafts.setIn("api", "A", "1")], stranger)).status).toBe(404);
});
