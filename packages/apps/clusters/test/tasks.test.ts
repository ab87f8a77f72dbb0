import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type NodeId, newId } from "@homeport/kit/ids.ts";
import { CreateTask, MAX_TASKS, type TaskReport } from "../src/contract/task.ts";
import { waitForDesired } from "../src/service/desired-state.ts";
import { registerNode } from "../src/service/nodes.ts";
import { recordReport } from "../src/service/record-report.ts";
import { sweepTasks } from "../src/service/sweep-tasks.ts";
import { createTask, getTask, waitForTask } from "../src/service/tasks.ts";
import { saveOutcome } from "../src/store/tasks.ts";
import { createWorld, type World } from "./world.ts";

let world: World;
let nodeId: NodeId;
let sequence = 0;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.database.drop());
beforeEach(async () => {
  nodeId = newId<NodeId>();
  const capacity = { cpus: 2, memoryMiB: 2048 };
  const about = { name: "node", engine: "docker" as const, engineVersion: "1", version: "1", capacity };
  await registerNode(world.deps, nodeId, { ...about, appliedGeneration: 0 });
});

const taskFor = (fields: Partial<CreateTask> = {}): CreateTask =>
  CreateTask.parse({ taskId: newId(), nodeId, spec: { kind: "volume.usage", volumeId: newId() }, ...fields });
const desired = () => waitForDesired(world.deps, nodeId, 0, 0, new AbortController().signal);
const told = async () => (await desired()).tasks;
const report = async (...tasks: TaskReport[]) => {
  sequence += 1;
  const { generation } = await desired();
  return recordReport(world.deps, nodeId, { nodeId, generation, sequence, complete: true, replicas: [], tasks });
};
const usage = { kind: "volume.usage" as const, bytes: 4096, files: 1, sizeMiB: null, enforced: false };

describe("a task", () => {
  test("is told to its node and no other, until it has an answer", async () => {
    const before = (await desired()).generation;
    const input = taskFor({ epoch: 3, deadlineSeconds: 90 });
    expect(await createTask(world.deps, input)).toMatchObject({ state: "pending", result: null });
    const { generation, tasks } = await desired();
    expect(generation).toBeGreaterThan(before);
    expect(tasks).toEqual([{ id: input.taskId, epoch: 3, timeoutSeconds: 90, spec: input.spec }]);
    const other = await waitForDesired(world.deps, world.agent.nodeId, 0, 0, new AbortController().signal);
    expect(other.tasks).toEqual([]);

    await report({ id: input.taskId, state: "running" });
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "running", finishedAt: null });
    expect((await desired()).generation).toBe(generation);
    await report({ id: input.taskId, state: "succeeded", result: usage });
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "succeeded", result: usage });
    expect(await told()).toEqual([]);
    expect((await desired()).generation).toBeGreaterThan(generation);
  });

  test("is made once for its id, and the id is not given to something else", async () => {
    const input = taskFor();
    const [one, other] = await Promise.all([createTask(world.deps, input), createTask(world.deps, input)]);
    expect(other).toEqual(one);
    expect(await told()).toHaveLength(1);
    const spec = { kind: "volume.reset" as const, volumeId: newId() };
    await expect(createTask(world.deps, { ...input, spec })).rejects.toMatchObject({ code: "conflict" });
    await report({ id: input.taskId, state: "succeeded", result: usage });
    expect(await createTask(world.deps, input)).toMatchObject({ state: "succeeded" });
    expect(await told()).toEqual([]);
  });

  test("needs a node that is known and has room for it", async () => {
    const nowhere = createTask(world.deps, taskFor({ nodeId: newId() }));
    await expect(nowhere).rejects.toMatchObject({ code: "not_found" });
    for (let count = 0; count < MAX_TASKS; count += 1) await createTask(world.deps, taskFor());
    await expect(createTask(world.deps, taskFor())).rejects.toMatchObject({ code: "unavailable" });
    expect(await told()).toHaveLength(MAX_TASKS);
  });

  test("that failed says why, in text that every store can take", async () => {
    const input = taskFor();
    await createTask(world.deps, input);
    await report({ id: input.taskId, state: "failed", reason: { code: "volume_in_use", message: "In use.\0" } });
    const task = await getTask(world.deps, input.taskId);
    expect(task).toMatchObject({ state: "failed", reason: { code: "volume_in_use", message: "In use.\uFFFD" } });
  });

  test("shows names of files that are no good text", async () => {
    const input = taskFor({ spec: { kind: "volume.browse", volumeId: newId(), path: "/" } });
    await createTask(world.deps, input);
    const found = { type: "folder" as const, total: 1, entries: [{ name: "a\0b\uD800", type: "file" as const }] };
    await report({ id: input.taskId, state: "succeeded", result: { kind: "volume.browse", path: "/", found } });
    const { result } = await getTask(world.deps, input.taskId);
    expect(result).toMatchObject({ found: { entries: [{ name: "a\uFFFDb\uFFFD" }] } });
  });

  test("that is answered with something else has failed", async () => {
    const input = taskFor();
    await createTask(world.deps, input);
    await report({ id: input.taskId, state: "succeeded", result: { kind: "volume.reset" } });
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "failed", reason: { code: "task_failed" } });
  });

  test("keeps its first answer, and another node's word does not count", async () => {
    const input = taskFor();
    await createTask(world.deps, input);
    const answer = { id: input.taskId, state: "succeeded" as const, result: usage };
    const foreign = { nodeId: world.agent.nodeId, generation: 1, complete: true, replicas: [], tasks: [answer] };
    await recordReport(world.deps, world.agent.nodeId, foreign);
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "pending" });
    await report(answer);
    await report({ id: input.taskId, state: "failed", reason: { code: "task_failed", message: "Late." } });
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "succeeded" });
  });
});

describe("time", () => {
  test("a task that its node does not do in time is given up, and told no more", async () => {
    const input = taskFor({ deadlineSeconds: 20 });
    await createTask(world.deps, input);
    await sweepTasks(world.deps);
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "pending" });
    world.pass(20_000);
    await sweepTasks(world.deps);
    const late = await getTask(world.deps, input.taskId);
    expect(late).toMatchObject({ state: "failed", reason: { code: "task_deadline" } });
    expect(await told()).toEqual([]);
    await report({ id: input.taskId, state: "succeeded", result: usage });
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "failed" });
  });

  test("an answer that comes while a task is given up counts", async () => {
    const input = taskFor();
    await createTask(world.deps, input);
    await report({ id: input.taskId, state: "succeeded", result: usage });
    const reason = { code: "task_deadline", message: "Too late." };
    await saveOutcome(world.sql, input.taskId, { state: "failed", reason }, world.deps.clock());
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ state: "succeeded", result: usage });
  });

  test("of a node that is away, that is the reason", async () => {
    const input = taskFor({ deadlineSeconds: 60 });
    await createTask(world.deps, input);
    world.pass(60_000);
    await sweepTasks(world.deps);
    expect(await getTask(world.deps, input.taskId)).toMatchObject({ reason: { code: "node_unreachable" } });
  });

  test("what was read of files is forgotten after 10 minutes, other answers after 7 days", async () => {
    const [read, measured] = [taskFor({ spec: { kind: "volume.browse", volumeId: newId(), path: "/a" } }), taskFor()];
    for (const input of [read, measured]) await createTask(world.deps, input);
    const found = {
      type: "file" as const,
      bytes: 1,
      modifiedAt: "2026-01-01T00:00:00Z",
      content: "",
      truncated: false,
    };
    await report(
      { id: read.taskId, state: "succeeded", result: { kind: "volume.browse", path: "/a", found } },
      { id: measured.taskId, state: "succeeded", result: usage },
    );
    world.pass(10 * 60_000 + 1);
    await sweepTasks(world.deps);
    await expect(getTask(world.deps, read.taskId)).rejects.toMatchObject({ code: "not_found" });
    expect(await getTask(world.deps, measured.taskId)).toMatchObject({ state: "succeeded" });
    world.pass(7 * 24 * 3_600_000);
    await sweepTasks(world.deps);
    await expect(getTask(world.deps, measured.taskId)).rejects.toMatchObject({ code: "not_found" });
  });

  test("who waits gets the answer as soon as it is there, or how it stands when the time is over", async () => {
    const input = taskFor();
    await createTask(world.deps, input);
    const { signal } = new AbortController();
    expect(await waitForTask(world.deps, input.taskId, 0, signal)).toMatchObject({ state: "pending" });
    const waiting = waitForTask(world.deps, input.taskId, 60_000, signal);
    await report({ id: input.taskId, state: "succeeded", result: usage });
    expect(await waiting).toMatchObject({ state: "succeeded", result: usage });
  });
});
