import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Task, TaskResult, TaskSpec } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { TaskFailure } from "../task-failure.ts";
import { openTaskFiles } from "./task-files.ts";
import { createTasks } from "./tasks.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-tasks-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const taskOf = (spec: Partial<TaskSpec> = {}, more: Partial<Task> = {}): Task => {
  const usage = { kind: "volume.usage", volumeId: newId() } as const;
  return { id: newId(), epoch: 0, timeoutSeconds: 60, spec: { ...usage, ...spec } as TaskSpec, ...more };
};
const removed: TaskResult = { kind: "snapshot.remove", existed: true };

/** Tasks whose work ends when the test says so. */
const open = async () => {
  const files = await openTaskFiles(dir);
  const begun: string[] = [];
  const doing = new Map<string, { finish(result: TaskResult | Error): void; signal: AbortSignal }>();
  const tasks = createTasks(files, await files.load(), {
    changed() {},
    carryOut(task, signal) {
      begun.push(task.id);
      const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      const finish = (result: TaskResult | Error) => (result instanceof Error ? reject(result) : resolve(result));
      doing.set(task.id, { finish, signal });
      return promise;
    },
  });
  const reportOf = (id: string) => tasks.reports().find((report) => report.id === id);
  return {
    ...tasks,
    begun,
    reportOf,
    isDoing: (id: string) => waitFor(() => doing.has(id)),
    finish: async (id: string, result: TaskResult | Error = removed) => {
      await waitFor(() => doing.has(id));
      doing.get(id)?.finish(result);
      await waitFor(() => reportOf(id)?.state !== "running");
    },
    isAborted: (id: string) => doing.get(id)?.signal.aborted,
  };
};

test("two tasks are done at a time, and those that were told first come first", async () => {
  const tasks = await open();
  const [one, two, three] = [taskOf(), taskOf(), taskOf()];
  tasks.sync([one, two, three]);
  await Promise.all([tasks.isDoing(one.id), tasks.isDoing(two.id)]);
  expect(tasks.begun).toHaveLength(2);
  expect(tasks.reports().map(({ id, state }) => [id, state])).toEqual([
    [one.id, "running"],
    [two.id, "running"],
  ]);
  await tasks.finish(two.id);
  await tasks.isDoing(three.id);
  await tasks.stop();
});

test("tasks of one volume follow each other, and others pass by", async () => {
  const volumeId = newId();
  const tasks = await open();
  const [first, second, other] = [taskOf({ volumeId }), taskOf({ kind: "volume.reset", volumeId }), taskOf()];
  tasks.sync([first, second, other]);
  await Promise.all([tasks.isDoing(first.id), tasks.isDoing(other.id)]);
  expect(tasks.begun).not.toContain(second.id);
  expect([...tasks.lockedVolumes()]).toEqual([]); // measuring is in nobody's way
  await tasks.finish(first.id);
  await tasks.isDoing(second.id);
  expect([...tasks.lockedVolumes()]).toEqual([volumeId]);
  await tasks.stop();
});

test("a task is begun once, however often it is told, also by the next agent", async () => {
  const task = taskOf();
  const first = await open();
  first.sync([task]);
  await first.finish(task.id);
  first.sync([task]);
  expect(first.begun).toEqual([task.id]);
  const next = await open();
  next.sync([task]);
  expect(next.begun).toEqual([]);
  expect(next.reportOf(task.id)).toEqual({ id: task.id, state: "succeeded", result: removed });
});

test("what failed tells its reason and is not tried again; an unknown error tells nothing of the machine", async () => {
  const [told, unknown] = [taskOf(), taskOf()];
  const tasks = await open();
  tasks.sync([told, unknown]);
  await tasks.finish(told.id, new TaskFailure("volume_in_use", "It is in use."));
  await tasks.finish(unknown.id, new Error("ENOENT: /some/where"));
  tasks.sync([told, unknown]);
  expect(tasks.begun).toHaveLength(2);
  expect(tasks.reportOf(told.id)).toMatchObject({ state: "failed", reason: { code: "volume_in_use" } });
  expect(JSON.stringify(tasks.reportOf(unknown.id))).not.toContain("/some/where");
});

test("a task that takes longer than it may is given up, and the next one begins", async () => {
  const volumeId = newId();
  const [slow, next] = [taskOf({ volumeId }, { timeoutSeconds: 1 }), taskOf({ volumeId })];
  const tasks = await open();
  tasks.sync([slow, next]);
  await waitFor(() => tasks.reportOf(slow.id)?.state === "failed", { timeoutMs: 5_000 });
  expect(tasks.reportOf(slow.id)).toMatchObject({ reason: { code: "timed_out" } });
  await tasks.isDoing(next.id);
  await tasks.stop();
});

test("what is told no more is ended and forgotten", async () => {
  const [done, going, waiting] = [taskOf(), taskOf(), taskOf()];
  const tasks = await open();
  tasks.sync([done, going]);
  await tasks.finish(done.id);
  tasks.sync([waiting]);
  await waitFor(() => tasks.isAborted(going.id) === true);
  await waitFor(() => tasks.reports().length === 1);
  tasks.sync([waiting]);
  await waitFor(async () => (await readdir(dir)).join() === `${waiting.id}.json`);
  await tasks.stop();
});

test("a task that the agent's end interrupted has no answer yet and is begun again", async () => {
  const task = taskOf();
  const first = await open();
  first.sync([task]);
  await first.isDoing(task.id);
  await first.stop();
  const next = await open();
  expect(next.reports()).toEqual([]);
  next.sync([task]);
  await next.finish(task.id);
  expect(next.reportOf(task.id)?.state).toBe("succeeded");
});

test("answers that do not fit into one report are told when there is room", async () => {
  const tasks = await open();
  const all = Array.from({ length: 3 }, () => taskOf());
  tasks.sync(all);
  const content = "A".repeat(340_000);
  for (const { id } of all) {
    const found = { type: "file" as const, bytes: 1, modifiedAt: new Date(0).toISOString(), content, truncated: false };
    await waitFor(() => tasks.begun.includes(id));
    await tasks.finish(id, { kind: "volume.browse", path: "/", found }).catch(() => undefined);
  }
  await waitFor(async () => (await readdir(dir)).length === 3);
  const told = new Set<string>();
  for (let left = all; left.length > 0; left = left.filter(({ id }) => !told.has(id))) {
    tasks.sync(left);
    await waitFor(() => tasks.reports().length > 0);
    expect(JSON.stringify(tasks.reports()).length).toBeLessThan(600_000);
    for (const { id } of tasks.reports()) told.add(id);
  }
  expect(told.size).toBe(3);
});

test("a record of a task that cannot be read does not keep the agent from starting", async () => {
  const task = taskOf();
  await writeFile(join(dir, `${task.id}.json`), "{ half");
  const tasks = await open();
  tasks.sync([task]);
  await tasks.finish(task.id);
  expect(tasks.reportOf(task.id)?.state).toBe("succeeded");
});
