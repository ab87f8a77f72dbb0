import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { toRunView } from "../src/api/to-wire.ts";
import { CreateRun } from "../src/contract.ts";
import { startRemoval } from "../src/service/remove-workload.ts";
import { cancelRun, createRun, getRun } from "../src/service/runs.ts";
import { forgetRunsBefore } from "../src/store/runs.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.database.drop());

const runOf = (workloadId: string, fields: Partial<CreateRun> = {}): CreateRun => {
  const { organisationId, projectId, projectSlug, serviceSlug, release } = putOf(workloadId, 1);
  const command = ["bun", "migrate.ts"];
  const base = { runId: newId(), workloadId, organisationId, projectId, projectSlug, serviceSlug, release, command };
  return CreateRun.parse({ ...base, ...fields });
};
const look = async (id: string) => toRunView(await getRun(world.deps, id));
const told = async (id: string) => (await world.agent.sync()).find((replica) => replica.id === id);
const typesOf = async (id: string) => (await world.events(id)).map(({ type }) => type.replace("clusters.run.", ""));
const reason = { code: "exit_code", message: "It ended with exit code 2.", exitCode: 2, lastLines: ["no such table"] };
const started = async (fields: Partial<CreateRun> = {}, workloadId: string = newId()) => {
  const input = runOf(workloadId, fields);
  await createRun(world.deps, input);
  await world.step();
  await told(input.runId);
  await world.agent.sees({ state: "running", startedAt: world.deps.clock().toISOString() }, input.runId);
  await world.step();
  return input;
};

describe("a run", () => {
  test("is started once with the variables of its release, without a probe, and ends with its exit code", async () => {
    const input = await started({ timeoutSeconds: 120 });
    const id = input.runId;
    expect(await told(id)).toMatchObject({
      kind: "run",
      workloadId: input.workloadId,
      epoch: 1,
      command: ["bun", "migrate.ts"],
      env: { GREETING: "hello 1", HOMEPORT_RUN_ID: id },
      health: { kind: "none" },
      restart: "never",
      aliases: [],
      volumes: [],
      timeoutSeconds: 120,
      logStream: `run.${id}`,
      desired: "running",
    });
    expect(await look(id)).toMatchObject({ state: "running", startedAt: expect.any(String), finishedAt: null });
    await world.agent.sees({ state: "exited", exitCode: 0 }, id);
    await world.step();
    expect(await look(id)).toMatchObject({ state: "succeeded", exitCode: 0, reason: null, nodeId: world.agent.nodeId });
    expect(await told(id)).toMatchObject({ desired: "stopped" });
    expect(await told(id)).toBeUndefined(); // the node said that it is gone
    expect(await typesOf(id)).toEqual(["started", "succeeded"]);
  });

  test("that fails says why, with its last lines", async () => {
    const { runId: id } = await started();
    await world.agent.sees({ state: "exited", exitCode: 2, reason }, id);
    await world.step();
    expect(await look(id)).toMatchObject({ state: "failed", exitCode: 2, reason });
    expect((await world.events(id)).at(-1)).toMatchObject({
      type: "clusters.run.failed",
      data: { runId: id, exitCode: 2, reason },
    });
  });

  test("needs no workload, and stands in no way of one that comes later", async () => {
    const workloadId = newId();
    const { runId: id } = await started({}, workloadId);
    await world.deploy(putOf(workloadId, 1));
    expect(await world.look(workloadId)).toMatchObject({ serving: { generation: 1 } });
    expect((await world.look(workloadId)).replicas).toHaveLength(1);
    expect(await told(id)).toMatchObject({ desired: "running" });
    await cancelRun(world.deps, id);
  });

  test("asked for again is the same one", async () => {
    const input = runOf(newId());
    await Promise.all([createRun(world.deps, input), createRun(world.deps, input), createRun(world.deps, input)]);
    await world.step();
    await createRun(world.deps, input);
    expect((await world.agent.sync()).filter((replica) => replica.id === input.runId)).toHaveLength(1);
    await expect(createRun(world.deps, { ...runOf(newId()), runId: input.runId })).rejects.toMatchObject({
      code: "conflict",
    });
    await cancelRun(world.deps, input.runId);
  });

  test("that is cancelled really stops", async () => {
    const { runId: id } = await started();
    await cancelRun(world.deps, id);
    await cancelRun(world.deps, id);
    expect(await look(id)).toMatchObject({ state: "cancelled", finishedAt: expect.any(String) });
    expect(await told(id)).toMatchObject({ desired: "stopped" });
    await world.agent.sees({ state: "exited", exitCode: 0 }, id); // too late to be a success
    await world.step();
    expect(await look(id)).toMatchObject({ state: "cancelled" });
    expect(await typesOf(id)).toEqual(["started", "cancelled"]);
    await world.agent.sync();
  });

  test("that is cancelled before it has a node never gets one", async () => {
    const input = runOf(newId());
    await createRun(world.deps, input);
    await cancelRun(world.deps, input.runId);
    await world.step();
    expect(await told(input.runId)).toBeUndefined();
  });

  test("that does not end in time is failed, although its agent says nothing", async () => {
    const { runId: id, workloadId } = await started({ timeoutSeconds: 10 });
    for (let passed = 0; passed < 40_000; passed += 10_000) {
      world.pass(10_000);
      await world.agent.sync();
      await world.step();
    }
    expect(await look(id)).toMatchObject({ state: "failed", reason: { code: "run_timed_out" } });
    expect(await told(id)).toBeUndefined();
    expect(world.agent.runs(workloadId)).toEqual([]);
  });

  test("fails with its node, and is not started again when that comes back", async () => {
    const { runId: id, workloadId } = await started();
    for (let passed = 0; passed < 50_000; passed += 5_000) {
      world.pass(5_000);
      await world.step();
    }
    expect(await look(id)).toMatchObject({ state: "failed", reason: { code: "node_unreachable" } });
    expect(await told(id)).toMatchObject({ desired: "stopped" });
    expect(world.agent.runs(workloadId)).toEqual([]);
  });

  test("has the volumes of its workload where these are", async () => {
    const id = newId();
    const volumes = [{ volumeId: newId(), name: "data", path: "/data" }];
    const put = putOf(id, 1, { strategy: { kind: "recreate" }, volumes });
    const before = runOf(id, { release: put.release });
    await createRun(world.deps, before);
    await world.step();
    expect(await told(before.runId)).toMatchObject({ volumes: [] }); // there are none yet
    await cancelRun(world.deps, before.runId);
    await world.deploy(put);
    const after = runOf(id, { release: put.release });
    await createRun(world.deps, after);
    await world.step();
    expect(await told(after.runId)).toMatchObject({ volumes, epoch: 1 });
    await cancelRun(world.deps, after.runId);
  });

  test("has its volumes before there is a workload, where whoever asks for it says they are", async () => {
    const id = newId();
    const volumes = [{ volumeId: newId(), name: "data", path: "/data" }];
    const { release } = putOf(id, 1, { strategy: { kind: "recreate" }, volumes });
    const input = runOf(id, { release, nodeId: world.agent.nodeId });
    await createRun(world.deps, input);
    await world.step();
    expect(await told(input.runId)).toMatchObject({ volumes });
    await cancelRun(world.deps, input.runId);
  });

  test("ends with its workload, and none comes after", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    const input = await started({}, id);
    await startRemoval(world.deps, id);
    expect(await look(input.runId)).toMatchObject({ state: "cancelled" });
    await world.settle();
    await expect(createRun(world.deps, runOf(id))).rejects.toMatchObject({ code: "gone" });
    const early = await started();
    await startRemoval(world.deps, early.workloadId); // nothing was ever put for it
    expect(await look(early.runId)).toMatchObject({ state: "cancelled" });
  });

  test("of another project's workload is refused", async () => {
    const id = newId();
    await world.put(putOf(id, 1));
    await expect(createRun(world.deps, runOf(id, { projectId: newId() }))).rejects.toMatchObject({ code: "conflict" });
  });

  test("is one of a hundred at most", async () => {
    const id = newId();
    const inputs = Array.from({ length: 100 }, () => runOf(id));
    for (const input of inputs) await createRun(world.deps, input);
    await expect(createRun(world.deps, runOf(id))).rejects.toMatchObject({ code: "rate_limited" });
    await createRun(world.deps, inputs[0] ?? runOf(id));
    await startRemoval(world.deps, id);
  });

  test("keeps its variables sealed, and only until it has ended", async () => {
    const release = { ...putOf(newId(), 1).release, env: { API_KEY: "canary-91b2" } };
    const { runId: id } = await started({ release });
    const dump = async () => world.database.admin`select * from clusters.runs where id = ${id}`;
    const [row] = await dump();
    expect(Bun.inspect(row)).not.toContain("canary-91b2");
    expect(Buffer.from(row?.sealed_env).includes("canary-91b2")).toBe(false);
    expect((await told(id))?.env).toMatchObject({ API_KEY: "canary-91b2" });
    await world.agent.sees({ state: "exited", exitCode: 0 }, id);
    await world.step();
    expect((await dump())[0]).toMatchObject({ sealed_env: null, sealed_files: null });
  });

  test("is forgotten after its time, and nothing of an unfinished one is", async () => {
    const [done, open] = [await started(), await started()];
    await world.agent.sees({ state: "exited", exitCode: 0 }, done.runId);
    await world.step();
    await forgetRunsBefore(world.sql, new Date(world.deps.clock().getTime() + 1));
    await expect(getRun(world.deps, done.runId)).rejects.toMatchObject({ code: "not_found" });
    expect(await look(open.runId)).toMatchObject({ state: "running" });
    await cancelRun(world.deps, open.runId);
  });
});
