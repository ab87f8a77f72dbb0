import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { PutWorkload } from "../src/contract.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { createWorld, type FakeAgent, putOf, type World } from "./world.ts";

let world: World;
let second: FakeAgent;
beforeAll(async () => {
  world = await createWorld();
  second = world.addAgent();
  await second.hello();
}, 60_000);
afterAll(() => world.database.drop());

const roles = async (id: string) =>
  (await world.look(id)).replicas.map(({ role, generation }) => `${role} ${generation}`);
const reason = { code: "exit_code", message: "It ended with exit code 1.", exitCode: 1, lastLines: ["boom"] };

/** A service with a volume; the same volume in each of its releases. */
const database = () => {
  const volumes = [{ volumeId: newId(), name: "data", path: "/data" }];
  const id = newId();
  const put = (generation: number, release: Partial<PutWorkload["release"]> = {}) =>
    putOf(id, generation, { strategy: { kind: "recreate" }, volumes, ...release });
  return { id, put, volumes };
};

/** Both agents do what they are told, and at no moment there were two of the workload. */
const sync = async (id: string) => {
  for (const agent of [world.agent, second]) {
    await agent.sync();
    expect(world.agent.runs(id).length + second.runs(id).length).toBeLessThanOrEqual(1);
  }
};

/** Lets what is there drain and stop; `untilRoles` says when to look no further. */
const until = async (id: string, wanted: string[]) => {
  for (let round = 0; round < 12; round++) {
    await world.step();
    await sync(id);
    await world.step();
    if (Bun.deepEquals(await roles(id), wanted)) break;
    world.pass(2_500);
  }
  expect(await roles(id)).toEqual(wanted);
  await sync(id);
};

const first = async (put: PutWorkload) => {
  await world.put(put);
  await world.step();
  await sync(put.workloadId);
  for (const agent of [world.agent, second])
    if (agent.runs(put.workloadId).length > 0) await agent.readies(put.workloadId);
  world.pass(1_000);
  await world.step();
};

/** Time goes by, and only one of the nodes is there. */
const passWith = async (agent: FakeAgent, ms: number) => {
  for (let passed = 0; passed < ms; passed += 5_000) {
    await world.step();
    world.pass(5_000);
    await agent.sync();
  }
  await world.step();
};

const holder = (id: string): FakeAgent => (world.agent.runs(id).length > 0 ? world.agent : second);

describe("a release with a volume", () => {
  test("stops the old replica for good before it starts, on the node of the volume", async () => {
    const { id, put, volumes } = database();
    await first(put(1));
    const home = holder(id);
    expect((await home.state()).replicas.find(({ workloadId }) => workloadId === id)).toMatchObject({
      volumes,
      epoch: 1,
    });
    await world.put(put(2));
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: null, rollout: { state: "running", strategy: "recreate" } });
    expect((await world.targets(id))?.map(({ state }) => state)).toEqual(["draining"]);
    expect(await roles(id)).toEqual(["draining 1"]);
    world.pass(5_000);
    await world.step();
    expect(await roles(id)).toEqual(["stopping 1"]); // its agent did not say yet that it is gone
    expect(await world.targets(id)).toEqual([]);
    await until(id, ["candidate 2"]);
    expect(holder(id)).toBe(home);
    await home.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 2 }, rollout: { state: "succeeded" } });
    expect((await home.state()).replicas.find(({ workloadId }) => workloadId === id)).toMatchObject({ epoch: 2 });
  });

  test("that fails has the old one started again, and tells for how long nothing served", async () => {
    const { id, put } = database();
    await first(put(1));
    const home = holder(id);
    await world.put(put(2));
    await until(id, ["candidate 2"]);
    await home.sees({ state: "exited", reason }, home.runs(id)[0]);
    await world.step();
    expect(await world.look(id)).toMatchObject({
      phase: "rolling_out",
      rollout: { state: "running", reason },
      serving: null,
    });
    await until(id, ["candidate 1"]);
    await home.readies(id);
    world.pass(1_000);
    await world.step();
    const settled = await world.look(id);
    expect(settled).toMatchObject({
      phase: "settled",
      serving: { generation: 1 },
      rollout: { state: "failed", generation: 2, reason: { code: "exit_code", lastLines: ["boom"] } },
    });
    expect(settled.rollout.reason?.message).toMatch(/serves again; nothing did for \d+ seconds\.$/);
    expect(await world.targets(id)).toEqual([{ port: expect.any(Number), state: "ready" }]);
    const told = (await home.state()).replicas.find(({ workloadId }) => workloadId === id);
    expect(told).toMatchObject({ releaseNumber: 1, epoch: 2 }); // an older release, under the newest epoch
    const failed = (await world.events(id)).find(({ type }) => type.endsWith("failed"));
    expect(failed?.data).toMatchObject({ generation: 2, reason: { message: settled.rollout.reason?.message } });
  });

  test("that is given up at any stage has the old one started again", async () => {
    for (const stage of [["draining 1"], ["stopping 1"], ["candidate 2"]]) {
      const { id, put } = database();
      await first(put(1));
      const home = holder(id);
      await world.put(put(2));
      await world.step();
      if (stage[0] === "stopping 1") world.pass(5_000);
      if (stage[0] === "candidate 2") await until(id, stage);
      await world.step();
      expect(await roles(id)).toEqual(stage);
      await abortRollout(world.deps, id, 2);
      expect(await world.look(id)).toMatchObject({ phase: "settled", rollout: { state: "aborted" } });
      await until(id, ["candidate 1"]);
      await home.readies(id);
      world.pass(1_000);
      await world.step();
      expect(await world.look(id)).toMatchObject({ serving: { generation: 1 }, rollout: { state: "aborted" } });
    }
  });

  test("gives way to a newer one in the middle, and the old one comes back when that fails too", async () => {
    const { id, put } = database();
    await first(put(1));
    const home = holder(id);
    await world.put(put(2));
    await until(id, ["candidate 2"]);
    await world.put(put(3));
    await until(id, ["candidate 3"]);
    await home.sees({ state: "exited", reason }, home.runs(id)[0]);
    await until(id, ["candidate 1"]);
    await home.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({
      serving: { generation: 1 },
      rollout: { state: "failed", generation: 3 },
    });
    await world.put(put(4));
    await until(id, ["candidate 4"]);
    await home.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 4 }, rollout: { state: "succeeded" } });
  });

  test("that failed and has not brought the old one back yet gives way to a newer one, and has failed", async () => {
    const { id, put } = database();
    await first(put(1));
    const home = holder(id);
    await world.put(put(2));
    await until(id, ["candidate 2"]);
    await home.sees({ state: "exited", reason }, home.runs(id)[0]);
    await world.step();
    await world.put(put(3));
    const types = (await world.events(id)).map(
      ({ type, data }) => `${type.replace("clusters.rollout.", "")} ${data.generation}`,
    );
    expect(types.slice(-2)).toEqual(["failed 2", "started 3"]);
    await until(id, ["candidate 3"]);
    await home.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 3 }, rollout: { state: "succeeded" } });
  });

  test("fails, and leaves the old one alone, when the node of its volume is away", async () => {
    const { id, put } = database();
    await first(put(1));
    const home = holder(id);
    const other = home === world.agent ? second : world.agent;
    await passWith(other, 50_000);
    await world.put(put(2));
    await passWith(other, 60_000);
    expect(await world.look(id)).toMatchObject({
      rollout: { state: "failed", reason: { code: "node_unreachable" } },
      serving: { generation: 1 },
    });
    expect(await world.targets(id)).toHaveLength(1);
    expect(other.runs(id)).toEqual([]); // never a second one somewhere else
    await home.sync();
  });

  test("cannot be moved to another node", async () => {
    const { id, put } = database();
    await first(put(1));
    const elsewhere = holder(id) === world.agent ? second : world.agent;
    await expect(world.put({ ...put(2), nodeId: elsewhere.nodeId })).rejects.toMatchObject({ code: "conflict" });
    await world.put({ ...put(2), nodeId: holder(id).nodeId });
  });

  const refused: { name: string; release: Partial<PutWorkload["release"]> }[] = [
    { name: "two replicas", release: { replicas: 2 } },
    { name: "another strategy", release: { strategy: { kind: "rolling" } } },
    { name: "a path of the kernel", release: { volumes: [{ volumeId: newId(), name: "a", path: "/proc/x" }] } },
    { name: "a path upwards", release: { volumes: [{ volumeId: newId(), name: "a", path: "/data/../etc" }] } },
    {
      name: "one volume in another",
      release: {
        volumes: [
          { volumeId: newId(), name: "a", path: "/data" },
          { volumeId: newId(), name: "b", path: "/data/b" },
        ],
      },
    },
  ];
  test.each(refused)("is refused with $name", ({ release }) => {
    expect(() => database().put(1, release)).toThrow();
  });
});

test("a replica with a volume that its engine lost is started again on the same node, once it is gone", async () => {
  const { id, put } = database();
  await first(put(1));
  const home = holder(id);
  await home.sees({ state: "failed", reason: { code: "engine_error", message: "It is gone." } }, home.runs(id)[0]);
  world.pass(15_000);
  await world.step();
  expect(await roles(id)).toEqual(["stopping 1"]);
  await until(id, ["candidate 1"]);
  await home.readies(id);
  world.pass(1_000);
  await world.step();
  expect(await roles(id)).toEqual(["serving 1"]);
  expect(await world.look(id)).toMatchObject({ phase: "settled", rollout: { state: "succeeded", generation: 1 } });
});
