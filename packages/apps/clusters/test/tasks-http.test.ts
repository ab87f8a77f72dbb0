import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { app } from "../src/index.ts";

let platform: TestApp;
let deployments: Record<string, string>;
let agent: Record<string, string>;
const nodeId = newId();
const api = (path: string) => `/api/v1/clusters${path}`;
beforeAll(async () => {
  platform = await startTestApp(app);
  deployments = await platform.asApp("deployments");
  agent = await platform.identity({ kind: "agent", nodeId });
  await platform.json("POST", api("/agent/hello"), agent, {
    name: "node-1",
    engine: "docker",
    engineVersion: "1",
    version: "1",
    capacity: { cpus: 2, memoryMiB: 4096 },
  });
}, 60_000);
afterAll(() => platform.stop());

type Told = { tasks: { id: string; spec: { kind: string } }[]; generation: number };
const told = async (): Promise<Told> => {
  const { body } = await platform.json("GET", api("/agent/desired"), agent);
  return body as Told;
};
const answer = (id: string, result: object) =>
  platform.json("POST", api("/agent/observed"), agent, {
    nodeId,
    generation: 1,
    replicas: [],
    tasks: [{ id, state: "succeeded", result }],
  });
const disk = { use: "data", path: "/srv", totalBytes: 10, freeBytes: 5, reserveBytes: 1 };

describe("tasks of services", () => {
  const create = (body: object, headers = deployments) => platform.json("POST", api("/tasks"), headers, body);

  test("are made, told to the agent, answered and read", async () => {
    const taskId = newId();
    const spec = { kind: "volume.remove", volumeId: newId() };
    expect(await create({ taskId, nodeId, spec })).toMatchObject({
      status: 202,
      body: { taskId, kind: "volume.remove", state: "pending", result: null },
    });
    expect((await told()).tasks).toMatchObject([{ id: taskId, spec, epoch: 0 }]);
    await answer(taskId, { kind: "volume.remove", existed: true });
    expect(await platform.json("GET", api(`/tasks/${taskId}`), deployments)).toMatchObject({
      status: 200,
      body: { state: "succeeded", result: { existed: true } },
    });
  });

  test("are for services only", async () => {
    const body = { taskId: newId(), nodeId, spec: { kind: "node.usage" } };
    for (const headers of [platform.home.headers("owner"), agent]) {
      expect((await create(body, headers)).status).toBe(404);
      expect((await platform.json("GET", api(`/tasks/${body.taskId}`), headers)).status).toBe(404);
    }
  });

  test.each([
    { name: "a path out of the volume", spec: { kind: "volume.browse", volumeId: newId(), path: "/../etc" } },
    { name: "a relative path", spec: { kind: "volume.browse", volumeId: newId(), path: "etc" } },
    { name: "a path with NUL", spec: { kind: "volume.browse", volumeId: newId(), path: "/a\0" } },
    { name: "an id that is a path", spec: { kind: "volume.remove", volumeId: "../../etc" } },
    {
      name: "a checksum that is none",
      spec: { kind: "volume.restore", volumeId: newId(), snapshotId: newId(), sha256: "x" },
    },
    { name: "a word that is no task", spec: { kind: "node.shell", command: "id" } },
    { name: "a field that nobody knows", spec: { kind: "node.usage", path: "/" } },
  ])("$name is refused", async ({ spec }) => {
    expect(await create({ taskId: newId(), nodeId, spec })).toMatchObject({ status: 400, body: { code: "invalid" } });
  });
});

describe("what people ask of a node", () => {
  const ask = (what: "usage" | "cleanup", headers: Record<string, string>, body: object = {}) =>
    platform.json("POST", api(`/nodes/${nodeId}/${what}`), headers, body);
  /** Answers the next task as an agent would. */
  const answerNext = async (result: object): Promise<void> => {
    for (;;) {
      const [task] = (await told()).tasks;
      if (task !== undefined) return void (await answer(task.id, result));
      await Bun.sleep(20);
    }
  };

  test("its disk is told to those who run the platform", async () => {
    const none = { count: 0, bytes: 0 };
    const usage = {
      disks: [disk],
      images: { ours: none, pinned: none, foreign: none },
      containers: { ours: none, foreign: none },
      volumes: { ours: none, foreign: none },
      buildCache: null,
      snapshots: none,
    };
    const [asked] = await Promise.all([
      ask("usage", platform.home.operator()),
      answerNext({ kind: "node.usage", usage }),
    ]);
    expect(asked).toMatchObject({ status: 200, body: { state: "succeeded", result: { usage: { disks: [disk] } } } });
  });

  test("it is cleaned up, which the audit log tells once", async () => {
    const cleanup = { freedBytes: 7, removedImages: 1, underPressure: false, message: "Removed.", disks: [disk] };
    const taskId = newId();
    const [asked] = await Promise.all([
      ask("cleanup", platform.home.operator(), { taskId }),
      answerNext({ kind: "node.cleanup", cleanup }),
    ]);
    expect(asked).toMatchObject({ status: 200, body: { taskId, state: "succeeded", result: { cleanup } } });
    expect(await ask("cleanup", platform.home.operator(), { taskId })).toMatchObject({ body: { state: "succeeded" } });
    const entries = await platform.database.admin`
      select content from platform.audit_entries where content like ${`%${taskId}%`}`;
    expect(entries).toHaveLength(1);
    expect(entries[0]?.content).toContain('"action":"node:write"');
  });

  test("nobody else sees that there is such a node", async () => {
    const stranger = platform.organisation("elsewhere").headers("owner");
    for (const headers of [stranger, deployments]) expect((await ask("cleanup", headers)).status).toBe(404);
    expect((await ask("usage", stranger)).status).toBe(404);
  });
});
