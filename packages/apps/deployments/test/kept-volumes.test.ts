import { afterAll, beforeAll, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

/** A live service with a volume, and another service beside it. */
const newPlace = async () => {
  const { at, workloads } = await drafts.newProject("api", "web");
  const path = `${at}/services/api`;
  const volume = (await world.post(`${path}/volumes`, { slug: "data", path: "/data", sizeMiB: 100 })).body;
  const workloadId = workloads.api ?? "";
  const live = await drafts.goLive(path, workloadId);
  return { at, path, workloadId, volume, live };
};
const removeVolume = (path: string, confirm = "data") =>
  world.remove(`${path}/volumes/data`, world.owner, { confirm, apply: true });
const kept = async (at: string, headers?: Record<string, string>) =>
  (await world.get(`${at}/kept-volumes`, headers)).body.items;
const restore = (at: string, id: string, body: object, headers?: Record<string, string>) =>
  world.post(`${at}/kept-volumes/${id}/restore`, body, headers);
const deleteNow = (at: string, id: string, headers = world.owner) =>
  world.remove(`${at}/kept-volumes/${id}`, headers, { confirm: "data" });
const taskOf = (dataId: string) =>
  waitFor(
    () =>
      [...world.tasks.values()].find(
        ({ spec, state }) => "volumeId" in spec && spec.volumeId === dataId && state === "pending",
      ),
    { timeoutMs: 10_000, message: "a node is asked to delete it" },
  );

test("a volume is removed by its name only, and what it held is kept for a week and brought back", async () => {
  const { at, path, workloadId, volume } = await newPlace();
  const refused = await removeVolume(path, "other");
  expect([refused.status, refused.body.detail]).toEqual([400, "confirm: repeat the name of the volume, data."]);
  const removed = await removeVolume(path);
  expect(removed.body.removed).toBe(true);
  await drafts.goLive(path, workloadId, removed.body.deployments[0].deploymentId);
  expect(world.workloads.get(workloadId)?.release).toMatchObject({ volumes: [], strategy: { kind: "rolling" } });
  const items = await kept(at);
  expect(items).toMatchObject([
    {
      id: volume.dataId,
      slug: "data",
      path: "/data",
      sizeMiB: 100,
      service: "api",
      environment: "production",
      state: "kept",
      reason: null,
    },
  ]);
  expect(Date.parse(items[0].deleteAt) - Date.parse(items[0].removedAt)).toBeWithin(
    7 * 86_400_000,
    7 * 86_400_000 + 1000,
  );
  const back = await restore(at, volume.dataId, { service: "api" });
  expect(back).toMatchObject({
    status: 200,
    body: { dataId: volume.dataId, slug: "data", path: "/data", sizeMiB: 100, placed: true },
  });
  expect(await kept(at)).toEqual([]);
  await drafts.goLive(path, workloadId);
  expect(world.workloads.get(workloadId)?.release.volumes).toMatchObject([{ volumeId: volume.dataId, path: "/data" }]);
});

test("what a removed service held is given to another one, whose own data of that name is kept instead", async () => {
  const { at, path, workloadId, volume } = await newPlace();
  const web = `${at}/services/web`;
  const own = (await world.post(`${web}/volumes`, { slug: "data", path: "/srv" })).body;
  const other = (await world.get(web)).body;
  await drafts.goLive(web, other.workloadId);
  await world.remove(path);
  expect(await kept(at)).toMatchObject([{ id: volume.dataId, service: "api" }]);
  await waitFor(() => !world.workloads.has(workloadId), { message: "the service is gone" });
  const there = await restore(at, volume.dataId, { service: "web", path: "/data" });
  expect([there.status, there.body.detail]).toEqual([409, "web has its volume data at /srv, not at /data."]);
  const back = await restore(at, volume.dataId, { service: "web" });
  expect(back.body).toMatchObject({ id: own.id, dataId: volume.dataId, path: "/srv" });
  expect(await kept(at)).toMatchObject([{ id: own.dataId, service: "web", path: "/srv" }]);
});

test("a removed environment's data comes back into the one that is made in its place", async () => {
  const { at, path } = await newPlace();
  await world.post(`${at}/environments`, { slug: "staging" });
  const read = async () => (await world.get(`${path}/volumes/data?environment=staging`)).body;
  const before = await read();
  await world.database
    .admin`update deployments.volume_data set node_id = ${Bun.randomUUIDv7()} where id = ${before.dataId}`;
  await world.remove(`${at}/environments/staging`);
  expect(await kept(at)).toMatchObject([{ id: before.dataId, environment: "staging" }]);
  await world.post(`${at}/environments`, { slug: "staging" });
  expect((await read()).dataId).not.toBe(before.dataId);
  expect((await restore(at, before.dataId, { service: "api", environment: "staging" })).status).toBe(200);
  expect(await read()).toMatchObject({ dataId: before.dataId, placed: true });
  expect(await kept(at)).toEqual([]); // the new one had never held anything
});

test("no release goes live again whose data was removed, by a rollback or a command", async () => {
  const { path, workloadId, live } = await newPlace();
  const removed = await removeVolume(path);
  await drafts.goLive(path, workloadId, removed.body.deployments[0].deploymentId);
  const back = await world.post(`${path}/rollback`, { to: live.release });
  expect([back.status, back.body.detail]).toEqual([
    409,
    expect.stringContaining(`Release ${live.release} has data mounted, and what that held was removed`),
  ]);
  expect((await world.post(`${path}/runs`, { argv: ["ls"], release: live.release })).status).toBe(409);
});

test("what a live release has mounted is neither deleted nor given to another service", async () => {
  const { at, path, workloadId, volume } = await newPlace();
  await world.remove(`${path}/volumes/data`, world.owner, { confirm: "data" });
  const refused = await deleteNow(at, volume.dataId);
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    "Release 1 of api in production still has data mounted. Deploy api there first.",
  ]);
  const elsewhere = await restore(at, volume.dataId, { service: "web" });
  expect([elsewhere.status, elsewhere.body.detail]).toEqual([409, expect.stringContaining("Deploy api there first")]);
  await drafts.goLive(path, workloadId);
  expect((await restore(at, volume.dataId, { service: "web" })).status).toBe(200);
});

test("it is deleted on its node at once when somebody who may says so by name, and nothing is left", async () => {
  const { at, path, workloadId, volume } = await newPlace();
  const removed = await removeVolume(path);
  await drafts.goLive(path, workloadId, removed.body.deployments[0].deploymentId);
  const wrong = await world.remove(`${at}/kept-volumes/${volume.dataId}`, world.owner, { confirm: "api" });
  expect(wrong.status).toBe(400);
  expect((await deleteNow(at, volume.dataId, world.home.headers("developer"))).status).toBe(403);
  const asked = await deleteNow(at, volume.dataId, world.home.headers("admin"));
  expect(asked).toMatchObject({ status: 202, body: { state: "deleting" } });
  expect((await restore(at, volume.dataId, { service: "api" })).body.detail).toContain("It is being deleted");
  const task = await taskOf(volume.dataId);
  expect(task).toMatchObject({ nodeId: world.nodes[0]?.nodeId, spec: { kind: "volume.remove" }, epoch: 0 });
  task.state = "succeeded";
  await waitFor(async () => (await kept(at)).length === 0, { timeoutMs: 10_000, message: "it is gone" });
  const rows = await world.database.admin`select id from deployments.volume_data where id = ${volume.dataId}`;
  expect(rows).toHaveLength(0);
  const entries = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries where subject_id = ${volume.dataId}`;
  expect(entries.map(({ content }) => JSON.parse(content))).toMatchObject([
    { action: "volume:remove", actor: { name: "admin" }, before: { service: "api", environment: "production" } },
  ]);
  const events = await world.database.admin`select type from platform.events where subject = ${volume.dataId}`;
  expect(events.map(({ type }) => type)).toEqual(["deployments.volume.deleted"]);
});

test("kept data of an environment is shown to those who see that, and is as protected as it was", async () => {
  const { at, path } = await newPlace();
  await world.post(`${at}/environments`, { slug: "staging" });
  const { dataId } = (await world.get(`${path}/volumes/data?environment=staging`)).body;
  await world.patch(`${at}/environments/staging`, { protected: true });
  await world.remove(`${at}/environments/staging`);
  expect(await kept(at, world.home.headers("viewer"))).toMatchObject([{ id: dataId }]);
  const developer = world.home.headers("developer");
  expect((await restore(at, dataId, { service: "web" }, developer)).status).toBe(403);
  expect((await restore(at, dataId, { service: "web" }, world.home.headers("admin"))).status).toBe(200);
});

test("kept data is listed in pages, last removed first", async () => {
  const { at } = await drafts.newProject("api");
  const path = `${at}/services/api`;
  for (const slug of ["one", "two", "three"]) {
    await world.post(`${path}/volumes`, { slug, path: `/${slug}` });
    await world.remove(`${path}/volumes/${slug}`, world.owner, { confirm: slug });
  }
  const first = (await world.get(`${at}/kept-volumes?limit=2`)).body;
  const rest = (await world.get(`${at}/kept-volumes?limit=2&cursor=${first.nextCursor}`)).body;
  const slugs = [...first.items, ...rest.items].map(({ slug }: { slug: string }) => slug);
  expect([slugs, rest.nextCursor]).toEqual([["three", "two", "one"], null]);
  expect((await world.get(`${at}/kept-volumes?cursor=x`)).status).toBe(400);
});
