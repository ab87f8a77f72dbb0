import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const DATA = { slug: "data", path: "/data" };

/** A project with a service, and a second environment. */
const newPlace = async () => {
  const { at, workloads } = await drafts.newProject("api");
  await world.post(`${at}/environments`, { slug: "staging" });
  return { at, path: `${at}/services/api`, workloadId: workloads.api ?? "" };
};
const add = (path: string, body: object = DATA) => world.post(`${path}/volumes`, body);
const dataIn = async (path: string, environment: string) =>
  (await world.get(`${path}/volumes?environment=${environment}`)).body.items[0];
const given = (workloadId: string) => world.workloads.get(workloadId);

test("a volume has data of its own in each environment, and the next release has it, alone and on one node", async () => {
  const { path, workloadId } = await newPlace();
  const made = await add(path, { ...DATA, sizeMiB: 512 });
  expect(made).toMatchObject({
    status: 201,
    body: { slug: "data", path: "/data", sizeMiB: 512, environment: "production", placed: false, deployments: [] },
  });
  const staging = await dataIn(path, "staging");
  expect(staging).toMatchObject({ id: made.body.id, environment: "staging", placed: false });
  expect(staging.dataId).not.toBe(made.body.dataId);
  await drafts.goLive(path, workloadId);
  const [node] = world.nodes;
  expect(given(workloadId)).toMatchObject({
    nodeId: node?.nodeId,
    release: {
      strategy: { kind: "recreate" },
      replicas: 1,
      volumes: [{ volumeId: made.body.dataId, name: "data", path: "/data", sizeMiB: 512 }],
    },
  });
  expect((await dataIn(path, "production")).placed).toBe(true);
  expect((await dataIn(path, "staging")).placed).toBe(false);
  await drafts.goLive(path, workloadId);
  expect(given(workloadId)?.release.volumes[0]?.volumeId).toBe(made.body.dataId);
});

test("a new environment gets an empty volume, and nothing of the one that it is copied from", async () => {
  const { at, path } = await newPlace();
  const { dataId } = (await add(path)).body;
  expect((await world.post(`${at}/environments`, { slug: "preview", copyFrom: "production" })).status).toBe(201);
  const preview = await dataIn(path, "preview");
  expect(preview).toMatchObject({ slug: "data", path: "/data" });
  expect(preview.dataId).not.toBe(dataId);
});

test("it is moved and renamed with what it holds, and a release that was made before has it where it was", async () => {
  const { path, workloadId } = await newPlace();
  const { dataId } = (await add(path)).body;
  const first = await drafts.goLive(path, workloadId);
  const moved = await world.patch(`${path}/volumes/data`, { slug: "files", path: "/srv/files", apply: true });
  expect(moved.body).toMatchObject({ slug: "files", path: "/srv/files", dataId });
  const [{ deploymentId }] = moved.body.deployments;
  await drafts.goLive(path, workloadId, deploymentId);
  expect(given(workloadId)?.release.volumes).toEqual([{ volumeId: dataId, name: "files", path: "/srv/files" }]);
  const back = await world.post(`${path}/rollback`, { to: first.release });
  await drafts.goLive(path, workloadId, back.body.id);
  expect(given(workloadId)?.release.volumes).toEqual([{ volumeId: dataId, name: "data", path: "/data" }]);
  // A name is for people: nothing that runs is different by it.
  const named = await world.patch(`${path}/volumes/files`, { slug: "uploads" });
  expect(named.body).toMatchObject({ slug: "uploads", deployments: [] });
});

test("volumes are staged with the service that they are for, and are deployed with it", async () => {
  const { at } = await drafts.newProject("other");
  const staged = await drafts.stage(at, [
    { op: "service.create", tempId: "tmp_db", slug: "db", source: drafts.IMAGE },
    { op: "volume.create", tempId: "tmp_data", service: "tmp_db", slug: "data", path: "/var/lib/db" },
    { op: "volume.update", service: "tmp_db", volume: "tmp_data", sizeMiB: 100 },
  ]);
  expect(staged.body.diff).toMatchObject([
    { target: { kind: "service", name: "db" }, change: "created" },
    {
      target: { kind: "volume", name: "data of db" },
      change: "created",
      fields: [
        { field: "slug", before: null, after: "data" },
        { field: "path", before: null, after: "/var/lib/db" },
        { field: "sizeMiB", before: null, after: 100 },
      ],
    },
  ]);
  expect((await world.get(`${at}/services`)).body.items).toHaveLength(1);
  const applied = await drafts.apply(at);
  expect(applied.body.created.tmp_data).toBe((await dataIn(`${at}/services/db`, "production")).id);
  const { workloadId } = (await world.get(`${at}/services/db`)).body;
  await drafts.goLive(`${at}/services/db`, workloadId, applied.body.deployments[0].deploymentId);
  expect(given(workloadId)?.release.volumes).toMatchObject([{ path: "/var/lib/db", sizeMiB: 100 }]);
});

test("what waits in a draft survives the applying of what it is about, and a conflict says who was quicker", async () => {
  const { at, path } = await newPlace();
  const staged = await drafts.stage(at, [
    { op: "volume.create", tempId: "tmp_v", service: "api", ...DATA },
    { op: "volume.update", service: "api", volume: "tmp_v", path: "/later" },
  ]);
  const [first, second] = staged.body.changes;
  await drafts.apply(at, { changeIds: [first.id], deploy: "none" });
  await world.patch(`${path}/volumes/data`, { path: "/theirs" }, world.home.headers("admin"));
  const { conflicts } = (await world.get(`${at}/changes`)).body;
  expect(conflicts).toMatchObject([
    {
      changeId: second.id,
      target: { kind: "volume", name: "data of api" },
      theirs: { author: { name: "admin" } },
      current: { slug: "data", path: "/theirs", sizeMiB: null },
    },
  ]);
  expect((await drafts.apply(at)).body.details.reason).toBe("changes_conflict");
  await drafts.apply(at, { resolve: { [second.id]: "mine" }, deploy: "none" });
  expect((await dataIn(path, "production")).path).toBe("/later");
});

describe("a service with a volume", () => {
  test("is no canary and has no second replica, in any environment, whichever was first", async () => {
    const { path } = await newPlace();
    await world.patch(path, { settings: { replicas: 2 } });
    const refused = await add(path);
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      "api in production has a volume, so it cannot have 2 replicas: only one may write to it.",
    ]);
    await world.patch(path, { settings: { replicas: 1 } });
    expect((await add(path)).status).toBe(201);
    const canary = { strategy: { kind: "canary" } };
    expect((await world.patch(path, { settings: canary })).body.detail).toContain("cannot be deployed as a canary");
    const elsewhere = await world.patch(`${path}?environment=staging`, {
      environment: "staging",
      overrides: { replicas: 3 },
    });
    expect([elsewhere.status, elsewhere.body.detail]).toEqual([
      400,
      expect.stringContaining("api in staging has a volume"),
    ]);
    expect((await world.patch(path, { settings: { replicas: 0 } })).status).toBe(200);
  });

  test("has no two of one name, none inside another, and no secrets as files in one", async () => {
    const { at, path } = await newPlace();
    await add(path);
    expect((await add(path, { slug: "data", path: "/other" })).body.detail).toContain('a volume named "data" already');
    for (const inside of ["/data", "/data/deeper"]) {
      expect((await add(path, { slug: "second", path: inside })).status).toBe(409);
    }
    for (const wrong of ["/", "data", "/proc/x", "/a/../b", "/a/"]) {
      expect((await add(path, { slug: "wrong", path: wrong })).status).toBe(400);
    }
    expect((await add(path, { slug: "second", path: "/database" })).status).toBe(201);
    await world.post(`${at}/secret-groups`, { slug: "tls", values: { "a.pem": "x" } });
    const use = { as: "files", directory: "/data/tls" };
    const attached = await world.put(`${path}/secret-groups/tls`, { use });
    expect([attached.status, attached.body.detail]).toEqual([409, expect.stringContaining("lies over it")]);
  });

  test("has sixteen at most", async () => {
    const { at, path } = await newPlace();
    const many = Array.from({ length: 16 }, (_, i) => ({
      op: "volume.create",
      tempId: `tmp_${i}`,
      service: "api",
      slug: `v${i}`,
      path: `/v${i}`,
    }));
    await drafts.stage(at, many);
    expect((await drafts.apply(at, { deploy: "none" })).status).toBe(200);
    expect((await add(path)).body.detail).toBe("A service has at most 16 volumes.");
  });
});

test("who may change a service everywhere may change its volumes, and nobody else", async () => {
  const { at, path } = await newPlace();
  await add(path);
  const as = (role: "viewer" | "deployer" | "developer") => world.home.headers(role);
  const tries = (headers: Record<string, string>) => [
    () => world.post(`${path}/volumes`, { slug: "more", path: "/more" }, headers),
    () => world.patch(`${path}/volumes/data`, { path: "/elsewhere" }, headers),
    () => world.remove(`${path}/volumes/data`, headers, { confirm: "data" }),
  ];
  for (const role of ["viewer", "deployer"] as const) {
    for (const attempt of tries(as(role))) expect((await attempt()).status).toBe(403);
    expect((await world.get(`${path}/volumes`, as(role))).body.items).toHaveLength(1);
  }
  // Staging is protected, and a volume reaches it, too.
  await world.patch(`${at}/environments/staging`, { protected: true });
  for (const attempt of tries(as("developer"))) expect((await attempt()).body.detail).toContain("staging is protected");
  expect(
    (await drafts.stage(at, [{ op: "volume.remove", service: "api", volume: "data" }], as("developer"))).status,
  ).toBe(201);
  expect((await drafts.apply(at, {}, as("developer"))).status).toBe(403);
});

test("every change of a volume is in the audit log and told as an event", async () => {
  const { path } = await newPlace();
  const { id } = (await add(path)).body;
  await world.patch(`${path}/volumes/${id}`, { sizeMiB: 64 });
  await world.remove(`${path}/volumes/data`, world.owner, { confirm: "data" });
  const rows = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries where subject_id = ${id} order by seq`;
  expect(rows.map(({ content }) => JSON.parse(content))).toMatchObject([
    { action: "service:update", subject: { kind: "volume", name: "data of api" }, after: { ...DATA, sizeMiB: null } },
    { before: { sizeMiB: null }, after: { sizeMiB: 64 } },
    { before: { ...DATA, sizeMiB: 64 }, after: null },
  ]);
  const events = await world.database.admin`select type from platform.events where subject = ${id} order by id`;
  expect(events.map(({ type }) => type)).toEqual([
    "deployments.volume.created",
    "deployments.volume.updated",
    "deployments.volume.removed",
  ]);
});
