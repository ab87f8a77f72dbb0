import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { PutWorkload } from "../src/contract.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { createWorld, type FakeAgent, putOf, type World } from "./world.ts";

let world: World;
let second: FakeAgent;
let third: FakeAgent;
let agents: FakeAgent[];
beforeAll(async () => {
  world = await createWorld();
  [second, third] = [world.addAgent(), world.addAgent()];
  await second.hello();
  await third.hello();
  agents = [world.agent, second, third];
}, 60_000);
afterAll(() => world.database.drop());

const view = async (id: string) => (await world.look(id)).replicas;
const roles = async (id: string) => (await view(id)).map(({ role, generation }) => `${role} ${generation}`).toSorted();
const nodesOf = async (id: string, role: string) =>
  new Set((await view(id)).filter((each) => each.role === role).map(({ nodeId }) => nodeId));
const reason = { code: "exit_code", message: "It ended with exit code 1.", exitCode: 1, lastLines: ["boom"] };
const syncAll = async (who = agents) => {
  for (const agent of who) await agent.sync();
};

/** Time goes by for all nodes but those that are away. */
const passWithout = async (away: FakeAgent[], ms: number) => {
  for (let passed = 0; passed < ms; passed += 5_000) {
    world.pass(5_000);
    await syncAll(agents.filter((agent) => !away.includes(agent)));
    if (passed % 30_000 === 0) await world.sweep();
    await world.step();
  }
};

describe("a release of three replicas", () => {
  test("stands on three nodes, and the next one takes its place with one switch", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 3 }), agents);
    expect(await roles(id)).toEqual(["serving 1", "serving 1", "serving 1"]);
    expect(await nodesOf(id, "serving")).toEqual(new Set(agents.map(({ nodeId }) => nodeId)));
    await world.put(putOf(id, 2, { replicas: 3 }));
    await world.step();
    await world.agent.readies(id);
    await second.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 1 }, rollout: { wanted: 3, ready: 2 } });
    expect(await world.targets(id)).toHaveLength(3); // nothing goes to a release that is not complete
    await third.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({
      serving: { generation: 2 },
      rollout: { state: "succeeded", ready: 3 },
    });
    const states = (await world.targets(id))?.map(({ state }) => state).toSorted();
    expect(states).toEqual(["draining", "draining", "draining", "ready", "ready", "ready"]);
    await world.settle();
    await syncAll();
    await world.step();
    expect(await roles(id)).toEqual(["serving 2", "serving 2", "serving 2"]);
  });

  test("fails as a whole, and all of the old ones serve on", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 3 }), agents);
    const before = await world.targets(id);
    await world.put(putOf(id, 2, { replicas: 3 }));
    await world.step();
    await second.readies(id);
    await third.readies(id);
    await world.agent.sees({ state: "exited", reason });
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "failed", reason }, serving: { generation: 1 } });
    expect(await world.targets(id)).toEqual(before);
    expect(await roles(id)).toEqual(
      [..."12".repeat(3)].toSorted().map((g) => (g === "1" ? "serving 1" : "stopping 2")),
    );
    await syncAll();
    await world.step();
    expect(await roles(id)).toEqual(["serving 1", "serving 1", "serving 1"]);
  });

  test("becomes one of five, and then of none that still has its hosts", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 3 }), agents);
    await world.rollOut(putOf(id, 2, { replicas: 5 }), agents);
    expect((await roles(id)).filter((role) => role === "serving 2")).toHaveLength(5);
    await world.rollOut(putOf(id, 3, { replicas: 0 }), agents);
    await world.settle();
    await syncAll();
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 3 }, replicas: [], rollout: { wanted: 0 } });
    expect(await world.targets(id)).toEqual([]);
  });

  test("is given up with all of its candidates", async () => {
    const id = newId();
    await world.put(putOf(id, 1, { replicas: 3 }));
    await world.step();
    expect(await roles(id)).toEqual(["candidate 1", "candidate 1", "candidate 1"]);
    await abortRollout(world.deps, id, 1);
    await syncAll();
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "aborted" }, serving: null, replicas: [] });
  });
});

describe("a node that goes away", () => {
  test("has its replicas replaced elsewhere, without a new release, and stops them when it comes back", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 3 }), agents);
    const lost = third.runs(id);
    await passWithout([third], 40_000);
    expect(await roles(id)).toEqual(["serving 1", "serving 1", "serving 1"]);
    await passWithout([third], 10_000);
    expect(await roles(id)).toEqual(["candidate 1", "serving 1", "serving 1", "serving 1"]);
    expect(await world.targets(id)).toHaveLength(3); // it may well serve, only its agent is silent
    for (const agent of [world.agent, second]) await agent.readies(id);
    world.pass(1_000);
    await world.step();
    expect(await roles(id)).toEqual(["draining 1", "serving 1", "serving 1", "serving 1"]);
    expect(await world.look(id)).toMatchObject({ phase: "settled", rollout: { state: "succeeded", generation: 1 } });
    expect((await nodesOf(id, "serving")).has(third.nodeId)).toBe(false);
    await passWithout([third], 10_000);
    expect((await world.targets(id))?.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
    expect(third.runs(id)).toEqual(lost);
    await third.sync();
    await world.step();
    expect(third.runs(id)).toEqual([]);
    expect(await roles(id)).toEqual(["serving 1", "serving 1", "serving 1"]);
  });

  test("keeps its replicas when it comes back before another was ready", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 3 }), agents);
    const kept = third.runs(id);
    await passWithout([third], 60_000);
    expect(await roles(id)).toEqual(["candidate 1", "serving 1", "serving 1", "serving 1"]);
    await syncAll();
    world.pass(1_000);
    await world.step();
    await syncAll();
    await world.step();
    expect(await roles(id)).toEqual(["serving 1", "serving 1", "serving 1"]);
    expect(third.runs(id)).toEqual(kept);
  });

  test("is not replaced while no other node is there", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, {}, { nodeId: second.nodeId }), agents);
    await passWithout([second], 90_000);
    expect(await roles(id)).toEqual(["serving 1"]);
    await second.sync();
  });

  test("is found by the sweep of a controller that nobody wakes", async () => {
    const id = newId();
    await world.rollOut(putOf(id, 1, { replicas: 2 }, {}), agents);
    await world.settle();
    await syncAll();
    const [gone] = agents.filter((agent) => agent.runs(id).length > 0);
    if (gone === undefined) throw new Error("it runs somewhere");
    const others = agents.filter((agent) => agent !== gone);
    for (let passed = 0; passed < 90_000; passed += 15_000) {
      world.pass(15_000);
      await syncAll(others);
      await world.sweep();
      await world.step();
    }
    expect((await roles(id)).filter((role) => role === "candidate 1").length).toBe(gone.runs(id).length);
    await syncAll();
  });
});

describe("a replacement that fails", () => {
  test("is tried again, later each time, and nothing else changes", async () => {
    const id = newId();
    const replica = await world.deploy(putOf(id, 1, {}, { nodeId: world.agent.nodeId }));
    const failed = { state: "failed", reason: { code: "engine_error", message: "The engine lost it." } } as const;
    await world.agent.sees(failed, replica);
    world.pass(15_000);
    await world.step();
    const started = async () => {
      const candidates = (await view(id)).filter(({ role }) => role === "candidate");
      return candidates.map((candidate) => candidate.id)[0];
    };
    for (const waitMs of [10_000, 20_000]) {
      const candidate = await started();
      if (candidate === undefined) throw new Error("a replacement was started");
      await world.agent.sync();
      await world.agent.sees({ state: "exited", reason }, candidate);
      await world.step();
      await world.agent.sync();
      await world.step();
      expect(await started()).toBeUndefined();
      world.pass(waitMs - 1);
      await world.agent.sync();
      await world.step();
      expect(await started()).toBeUndefined();
      world.pass(1);
      await world.step();
      expect(await started()).toBeDefined();
    }
    await world.agent.readies(id); // the lost one too, and so the replacement is not needed
    await world.step();
    await world.agent.sync();
    await world.step();
    expect(await view(id)).toMatchObject([{ id: replica, role: "serving" }]);
  });
});

describe("a job", () => {
  const job: Partial<PutWorkload["release"]> = { health: { kind: "none" }, hosts: [], restart: "on-failure" };

  test("that ended well is completed, and stays so", async () => {
    const id = newId();
    await world.put(putOf(id, 1, job, { nodeId: world.agent.nodeId }));
    await world.step();
    await world.agent.sees({ state: "exited", exitCode: 0 });
    await world.step();
    expect(await world.look(id)).toMatchObject({
      phase: "settled",
      rollout: { state: "succeeded", ready: 1 },
      serving: { completed: true },
      replicas: [{ role: "serving", state: "completed" }],
    });
    const told = (await world.agent.sync()).find(({ workloadId }) => workloadId === id);
    expect(told).toMatchObject({ desired: "running", restart: "on-failure" });
  });

  test("that ended with an error has failed", async () => {
    const id = newId();
    await world.put(putOf(id, 1, job, { nodeId: world.agent.nodeId }));
    await world.step();
    await world.agent.sees({ state: "exited", exitCode: 3, reason });
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "failed", reason }, serving: null });
  });
});

test("a cron release stands nowhere, and its image is to be on the nodes where it may run", async () => {
  const id = newId();
  const put = putOf(id, 1, { kind: "cron", replicas: 3, hosts: [] });
  await world.put(put);
  await world.step();
  expect(await world.look(id)).toMatchObject({ rollout: { state: "succeeded", wanted: 0 }, replicas: [] });
  for (const agent of agents) expect((await agent.state()).images).toContainEqual(put.release.image);
  await world.rollOut(putOf(id, 2, {}, { nodeId: world.agent.nodeId }), agents);
  for (const agent of agents) expect((await agent.state()).images).not.toContainEqual(put.release.image);
});
