import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { waitForDesired } from "../src/service/desired-state.ts";
import { recordReport } from "../src/service/record-report.ts";
import { findGeneration } from "../src/store/nodes.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.database.drop());

const never = new AbortController().signal;
const generationOf = async () => (await findGeneration(world.sql, world.agent.nodeId)) ?? 0;

test("a node that did not say hello is told to", async () => {
  const nodeId = world.addAgent().nodeId;
  await expect(waitForDesired(world.deps, nodeId, 0, 0, never)).rejects.toMatchObject({ code: "conflict" });
  const report = { nodeId, generation: 0, complete: true, replicas: [], tasks: [] };
  await expect(recordReport(world.deps, nodeId, report)).rejects.toMatchObject({ code: "conflict" });
});

test("the desired state of a node is whole, and a change of it has a higher generation", async () => {
  const id = newId();
  const before = await generationOf();
  await world.deploy(putOf(id, 1));
  const state = await waitForDesired(world.deps, world.agent.nodeId, 0, 0, never);
  expect(state).toMatchObject({ nodeId: world.agent.nodeId, complete: true });
  expect(state.generation).toBeGreaterThan(before);
  expect(state.replicas.find(({ workloadId }) => workloadId === id)).toMatchObject({
    desired: "running",
    restart: "always",
    serviceSlug: "api",
    aliases: ["api"],
    env: { GREETING: "hello 1" },
    health: { kind: "http", path: "/healthz", timeoutSeconds: 60 },
  });
});

test("a poll is answered as soon as something changes", async () => {
  const before = await generationOf();
  const poll = waitForDesired(world.deps, world.agent.nodeId, before, 20, never);
  await world.put(putOf(newId(), 1));
  await world.step();
  expect((await poll).generation).toBe(before + 1);
});

test("a poll that nothing happens to answers what is, when its time is over or its caller is gone", async () => {
  const before = await generationOf();
  expect((await waitForDesired(world.deps, world.agent.nodeId, before, 0, never)).generation).toBe(before);
  const caller = new AbortController();
  const poll = waitForDesired(world.deps, world.agent.nodeId, before, 20, caller.signal);
  caller.abort();
  expect((await poll).generation).toBe(before);
});

test("a change by another instance is seen by a waiting poll", async () => {
  const before = await generationOf();
  const poll = waitForDesired(world.deps, world.agent.nodeId, before, 20, never);
  await world.database.admin`update clusters.nodes set generation = generation + 1 where id = ${world.agent.nodeId}`;
  expect((await poll).generation).toBe(before + 1);
});

test("a database older than what the agent has applied goes past it", async () => {
  const restored = await generationOf();
  expect(await world.agent.hello(restored + 500)).toBe(restored + 501);
  expect(await world.agent.hello(restored + 10)).toBe(restored + 501);
});

test("a report that was overtaken by a later one is ignored", async () => {
  const id = newId();
  const replica = await world.deploy(putOf(id, 1));
  const { nodeId } = world.agent;
  const report = (sequence: number, state: "ready" | "exited") =>
    recordReport(world.deps, nodeId, {
      nodeId,
      sequence,
      generation: 1,
      complete: false,
      tasks: [],
      replicas: [{ id: replica, state, restarts: 0 }],
    });
  expect(await report(1_000_000, "ready")).toMatchObject({ accepted: true });
  expect(await report(999_999, "exited")).toMatchObject({ accepted: false });
  expect((await world.look(id)).replicas).toMatchObject([{ state: "ready" }]);
  await world.agent.hello(); // a new agent process counts from the beginning
  expect(await world.agent.reports()).toBe(true);
});

test("replicas of another node cannot be reported", async () => {
  const id = newId();
  const replica = await world.deploy(putOf(id, 1));
  const stranger = world.addAgent();
  await stranger.hello();
  await stranger.sees({ state: "exited" }, replica);
  expect((await world.look(id)).replicas).toMatchObject([{ state: "ready" }]);
  await world.database.admin`delete from clusters.nodes where id = ${stranger.nodeId}`;
});

test("a rollout waits for an absent node, fails when it stays away, and is cleaned up when it comes back", async () => {
  const id = newId();
  await world.deploy(putOf(id, 1));
  await world.put(putOf(id, 2));
  await world.step();
  world.pass(40_000);
  await world.step();
  expect(await world.look(id)).toMatchObject({ rollout: { state: "running" } });
  world.pass(10_000);
  await world.step();
  expect(await world.look(id)).toMatchObject({
    rollout: { state: "failed", reason: { code: "node_unreachable" } },
    serving: { generation: 1 },
    replicas: [{ role: "serving" }, { role: "stopping" }],
  });
  expect(await world.targets(id)).toHaveLength(1); // a node that is cut off from us still serves
  await world.agent.hello();
  await world.settle();
  expect((await world.look(id)).replicas).toMatchObject([{ role: "serving", generation: 1 }]);
});

test("a rollout that waits for a node goes on when its agent says hello", async () => {
  world.pass(60_000);
  const id = newId();
  await world.put(putOf(id, 1));
  await world.step();
  expect((await world.look(id)).replicas).toEqual([]);
  await world.agent.hello();
  await world.step();
  expect((await world.look(id)).replicas).toMatchObject([{ role: "candidate" }]);
});
