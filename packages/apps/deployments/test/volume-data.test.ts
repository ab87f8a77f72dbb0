import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { SHA } from "./volume-bench.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());
afterEach(() => world.away.clear());

type Task = { taskId: string; spec: { kind: string; [more: string]: unknown } };

/** A service that is live with a volume; the volume's path, and the workload. */
const newVolume = async () => {
  const { path, project } = await world.newService();
  const made = await world.post(`${path}/volumes`, { slug: "data", path: "/data" });
  expect(made.status).toBe(201);
  await world.deployLive(path);
  const { workloadId } = (await world.get(path)).body;
  return { at: `${path}/volumes/data`, path, project, workloadId, dataId: made.body.dataId as string };
};

/** Waits for a task about a volume and ends it. */
const answer = async (kind: string, volumeId: string, end: Record<string, unknown>): Promise<Task> => {
  const task = await waitFor(
    () =>
      [...world.tasks.values()].find(
        (each) =>
          each.spec.kind === kind &&
          "volumeId" in each.spec &&
          each.spec.volumeId === volumeId &&
          each.state === "pending",
      ),
    { timeoutMs: 15_000, message: `a ${kind} was asked for` },
  );
  Object.assign(task, { finishedAt: new Date().toISOString(), ...end });
  return task;
};
const succeeded = (result: Record<string, unknown>) => ({ state: "succeeded", result });
const failed = (code: string, message: string) => ({ state: "failed", reason: { code, message } });
const USAGE = { kind: "volume.usage", bytes: 4096, files: 3, sizeMiB: null, enforced: false };

const untilOver = (at: string, id: string) =>
  waitFor(
    async () => {
      const { body } = await world.get(`${at}/operations/${id}`);
      return body.finishedAt === null ? null : body;
    },
    { timeoutMs: 20_000, message: "the operation is over" },
  );

/** Newest first. */
const entriesOf = async (action: string): Promise<{ action: string; after: Record<string, unknown> | null }[]> => {
  const rows = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries where organisation_id = ${world.home.id} order by seq desc`;
  return rows.map(({ content }) => JSON.parse(content)).filter((entry) => entry.action === action);
};

describe("what a volume takes", () => {
  test("is asked of its node", async () => {
    const { at, dataId } = await newVolume();
    const [asked] = await Promise.all([world.get(`${at}/usage`), answer("volume.usage", dataId, succeeded(USAGE))]);
    expect(asked).toMatchObject({ status: 200, body: { bytes: 4096, files: 3, sizeMiB: null, stale: null } });
  }, 30_000);

  test("is the last figure, with its time, when the node cannot tell", async () => {
    const { at, dataId } = await newVolume();
    const [first] = await Promise.all([world.get(`${at}/usage`), answer("volume.usage", dataId, succeeded(USAGE))]);
    await world.database.admin`
      update deployments.volume_usage set measured_at = measured_at - interval '1 hour' where data_id = ${dataId}`;
    const away = failed("node_unreachable", "The node is not reachable.");
    const [second] = await Promise.all([world.get(`${at}/usage`), answer("volume.usage", dataId, away)]);
    expect(second).toMatchObject({ status: 200, body: { bytes: 4096, stale: { code: "node_unreachable" } } });
    expect(Date.parse(second.body.measuredAt)).toBe(Date.parse(first.body.measuredAt) - 3_600_000);
    world.away.add("clusters");
    expect(await world.get(`${at}/usage`)).toMatchObject({ status: 200, body: { bytes: 4096 } });
  }, 30_000);

  test("is unavailable when nobody ever knew", async () => {
    const { at, dataId } = await newVolume();
    const away = failed("node_unreachable", "The node is not reachable.");
    const [asked] = await Promise.all([world.get(`${at}/usage`), answer("volume.usage", dataId, away)]);
    expect(asked).toMatchObject({ status: 503, body: { detail: "The node is not reachable." } });
  }, 30_000);

  test("cannot be said of a volume that was never deployed", async () => {
    const { path } = await world.newService();
    await world.post(`${path}/volumes`, { slug: "data", path: "/data" });
    const asked = await world.get(`${path}/volumes/data/usage`);
    expect(asked.status).toBe(409);
    expect(asked.body.detail).toContain("never used");
    expect((await world.get(`${path}/volumes/other/usage`)).status).toBe(404);
  }, 30_000);
});

describe("what is in a volume", () => {
  const file = { type: "file", bytes: 2, modifiedAt: "2026-06-01T12:00:00.000Z", content: "aGk=", truncated: false };
  const browsed = (path: string, found: unknown) => succeeded({ kind: "volume.browse", path, found });

  test("is shown folder by folder, and who reads a file is in the audit log", async () => {
    const { at, dataId } = await newVolume();
    const folder = { type: "folder", entries: [{ name: "a.txt", type: "file", bytes: 2 }], total: 1 };
    const before = (await entriesOf("volume:browse")).length;
    const [root] = await Promise.all([world.get(`${at}/files`), answer("volume.browse", dataId, browsed("/", folder))]);
    expect(root).toMatchObject({ status: 200, body: { path: "/", ...folder } });
    expect(await entriesOf("volume:browse")).toHaveLength(before);
    const [read] = await Promise.all([
      world.get(`${at}/files?path=/a.txt`),
      answer("volume.browse", dataId, browsed("/a.txt", file)),
    ]);
    expect(read).toMatchObject({ status: 200, body: { path: "/a.txt", ...file } });
    const entries = await entriesOf("volume:browse");
    expect(entries).toHaveLength(before + 1);
    expect(entries[0]?.after).toMatchObject({ path: "/a.txt", environment: "production" });
  }, 30_000);

  test("is nothing where there is nothing, and no path leads out", async () => {
    const { at, dataId } = await newVolume();
    const [missing] = await Promise.all([
      world.get(`${at}/files?path=/no`),
      answer("volume.browse", dataId, failed("path_not_found", "There is no /no in the volume.")),
    ]);
    expect(missing).toMatchObject({ status: 404, body: { detail: "There is no /no in the volume." } });
    for (const path of ["/../etc/passwd", "etc", "/a/", "/a//b"]) {
      expect((await world.get(`${at}/files?path=${encodeURIComponent(path)}`)).status).toBe(400);
    }
  }, 30_000);

  test("is looked at by four at once, and the next one is told to wait", async () => {
    const { at, dataId } = await newVolume();
    const looks = Array.from({ length: 4 }, () => world.get(`${at}/files`));
    const isAsked = () =>
      [...world.tasks.values()].filter(({ spec }) => "volumeId" in spec && spec.volumeId === dataId);
    await waitFor(() => isAsked().length === 4, { timeoutMs: 10_000, message: "all four are asked for" });
    expect((await world.get(`${at}/files`)).status).toBe(429);
    const empty = { type: "folder", entries: [], total: 0 };
    for (let i = 0; i < 4; i += 1) await answer("volume.browse", dataId, browsed("/", empty));
    expect((await Promise.all(looks)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [next] = await Promise.all([world.get(`${at}/files`), answer("volume.browse", dataId, browsed("/", empty))]);
    expect(next.status).toBe(200);
  }, 30_000);

  test("is not for viewers, nor for developers where an environment is protected", async () => {
    const { at, project } = await newVolume();
    const asked = async (role: "viewer" | "developer" | "deployer") =>
      (await world.get(`${at}/files?path=/../x`, world.home.headers(role))).status;
    expect(await asked("viewer")).toBe(400); // the input is looked at first
    const read = (role: "viewer" | "developer") => world.get(`${at}/files`, world.home.headers(role));
    expect((await read("viewer")).status).toBe(403);
    await world.patch(`/projects/${project}/environments/production`, { protected: true });
    expect((await read("developer")).status).toBe(403);
  }, 30_000);
});

describe("a volume's data", () => {
  test("is reset, and restored from a snapshot, with the service stopped meanwhile", async () => {
    const { at, workloadId, dataId } = await newVolume();
    const taken = await world.post(`${at}/snapshots`, { note: "before" });
    expect(taken).toMatchObject({ status: 202, body: { kind: "snapshot", state: "pending", steps: ["working"] } });
    const archive = { kind: "volume.snapshot", bytes: 10, sha256: SHA, consistent: false };
    const id = taken.body.snapshot as string;
    await answer("volume.snapshot", dataId, succeeded({ ...archive, snapshotId: id }));
    expect(await untilOver(at, taken.body.id)).toMatchObject({ state: "succeeded" });
    const listed = await world.get(`${at}/snapshots`);
    expect(listed.body.items).toMatchObject([{ id, state: "ready", note: "before", bytes: 10, consistent: false }]);

    expect((await world.post(`${at}/snapshots/${id}/restore`, { confirm: "no" })).status).toBe(400);
    const restored = await world.post(`${at}/snapshots/${id}/restore`, { confirm: "data" });
    expect(restored).toMatchObject({ status: 202, body: { kind: "restore", snapshot: id, savedAs: null } });
    const stopped = () => world.workloads.get(workloadId)?.release.replicas === 0;
    await waitFor(stopped, { timeoutMs: 15_000 });
    world.endRollout(workloadId, "succeeded");
    await world.emit("clusters", "clusters.rollout.succeeded", workloadId);
    const save = await answer("volume.snapshot", dataId, succeeded({ ...archive, snapshotId: Bun.randomUUIDv7() }));
    await answer("volume.restore", dataId, succeeded({ kind: "volume.restore" }));
    await waitFor(() => !stopped(), { timeoutMs: 15_000 });
    world.endRollout(workloadId, "succeeded");
    await world.emit("clusters", "clusters.rollout.succeeded", workloadId);
    const over = await untilOver(at, restored.body.id);
    expect(over).toMatchObject({ state: "succeeded", savedAs: save.spec.snapshotId, step: null });
    expect(over.steps).toEqual(["stopping", "saving", "working", "starting"]);
    const all = await world.get(`${at}/operations`);
    expect(all.body.items.map(({ kind }: { kind: string }) => kind)).toEqual(["restore", "snapshot"]);

    const removed = await world.remove(`${at}/snapshots/${id}`);
    expect(removed).toMatchObject({ status: 200, body: { removed: true } });
    for (const action of ["snapshot:create", "snapshot:restore", "snapshot:remove"]) {
      expect((await entriesOf(action)).length).toBeGreaterThan(0);
    }
  }, 60_000);

  test("is emptied by admins alone, and only by name", async () => {
    const { at } = await newVolume();
    const reset = (role: "developer" | "deployer" | "owner", confirm = "data") =>
      world.post(`${at}/reset`, { confirm }, world.home.headers(role));
    expect((await reset("developer")).status).toBe(403);
    expect((await reset("deployer")).status).toBe(403);
    expect((await reset("owner", "date")).status).toBe(400);
    expect((await world.post(`${at}/reset`, {})).status).toBe(400);
    expect((await world.get(`${at}/operations`)).body.items).toEqual([]);
    expect((await reset("owner")).status).toBe(202);
    expect((await reset("owner")).status).toBe(409);
  }, 30_000);

  test("of a protected environment is for admins to change, and for deployers to keep", async () => {
    const { at, project } = await newVolume();
    await world.patch(`/projects/${project}/environments/production`, { protected: true });
    const as = (role: "developer" | "deployer") => world.home.headers(role);
    expect((await world.post(`${at}/resize`, { sizeMiB: 5 }, as("developer"))).status).toBe(403);
    expect((await world.post(`${at}/snapshots`, {}, as("developer"))).status).toBe(403);
    expect((await world.post(`${at}/snapshots`, {}, as("deployer"))).status).toBe(202);
  }, 30_000);

  test("is what the input says: sizes, notes and ids have limits", async () => {
    const { at } = await newVolume();
    for (const sizeMiB of [0, 1.5, 16_777_217, null, "5"]) {
      expect((await world.post(`${at}/resize`, { sizeMiB })).status).toBe(400);
    }
    for (const note of ["", " ", "x".repeat(201)]) {
      expect((await world.post(`${at}/snapshots`, { note })).status).toBe(400);
    }
    expect((await world.get(`${at}/operations/${Bun.randomUUIDv7()}`)).status).toBe(404);
    expect((await world.get(`${at}/operations?cursor=x`)).status).toBe(400);
    expect((await world.get(`${at}/snapshots?cursor=x`)).status).toBe(400);
    expect((await world.remove(`${at}/snapshots/${Bun.randomUUIDv7()}`)).status).toBe(404);
  }, 30_000);
});
