import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import type { PutWorkload } from "../src/contract.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { readRoutes } from "../src/store/routes.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterEach(() => {
  world.gateways.traffic = { gateways: [] };
  world.gateways.revision = null;
});
afterAll(() => world.database.drop());

const release: Partial<PutWorkload["release"]> = {
  replicas: 4,
  strategy: {
    kind: "canary",
    steps: [
      { weight: 10, seconds: 30 },
      { weight: 50, seconds: 30 },
    ],
    maxErrorPercent: 5,
    minRequests: 20,
  },
};

const roles = async (id: string) =>
  (await world.look(id)).replicas.map(({ role, generation }) => `${role} ${generation}`).toSorted();

/** The percent of new requests that each generation gets, as gateways do it: by the weights of ready targets. */
const shares = async (id: string): Promise<Record<number, number>> => {
  const { routes } = await readRoutes(world.sql);
  const targets =
    routes.find(({ workloadId }) => workloadId === id)?.targets.filter(({ state }) => state === "ready") ?? [];
  const total = targets.reduce((sum, { weight = 100 }) => sum + weight, 0);
  const { replicas } = await world.look(id);
  const generationOf = new Map<string, number>(replicas.map((replica) => [replica.id, replica.generation]));
  const sums: Record<number, number> = {};
  for (const { replicaId, weight = 100 } of targets) {
    const generation = generationOf.get(replicaId) ?? 0;
    sums[generation] = (sums[generation] ?? 0) + (weight / total) * 100;
  }
  return sums;
};

/** A gateway whose counters a test moves: so many requests and errors for each replica of a generation. */
const createGateway = (id: string, instance = "g1") => {
  const counted = new Map<string, { replicaId: string; requests: number; errors: number; failed: number }>();
  let unserved = 0;
  const tell = (): TrafficSnapshot["gateways"][number] => ({
    instance,
    startedAt: "2026-05-01T12:00:00Z",
    isStopped: false,
    unserved,
    targets: [...counted.values()].map((target) => ({ ...target })),
  });
  return {
    tell,
    fail(count: number) {
      unserved += count;
      world.gateways.traffic = { gateways: [tell()] };
    },
    async serve(generation: number, requests: number, errors = 0, failed = 0) {
      const { replicas } = await world.look(id);
      for (const replica of replicas.filter((each) => each.generation === generation && each.role !== "stopping")) {
        const known = counted.get(replica.id) ?? { replicaId: replica.id, requests: 0, errors: 0, failed: 0 };
        counted.set(replica.id, {
          replicaId: replica.id,
          requests: known.requests + requests,
          errors: known.errors + errors,
          failed: known.failed + failed,
        });
      }
      world.gateways.traffic = { gateways: [tell()] };
    },
  };
};

/** A service of two replicas, and a second release of four that has its first step. */
const begun = async () => {
  const id = newId();
  await world.rollOut(putOf(id, 1, { replicas: 2 }));
  const gateway = createGateway(id);
  await gateway.serve(1, 1000);
  await world.put(putOf(id, 2, release));
  await ready(id);
  await world.step();
  return { id, gateway };
};

/** Time goes by; the node says that it is there. */
const pass = async (ms: number) => {
  world.pass(ms);
  await world.agent.sync();
};

const ready = async (id: string) => {
  await world.step();
  await world.agent.readies(id);
  world.pass(1_000);
  await world.step();
};

describe("a canary", () => {
  test("gets its part of the traffic step by step, with as many replicas as that needs, and all of it in the end", async () => {
    const { id, gateway } = await begun();
    expect(await roles(id)).toEqual(["canary 2", "serving 1", "serving 1"]);
    expect(await shares(id)).toEqual({ 1: 90, 2: 10 });
    expect(await world.look(id)).toMatchObject({
      serving: { generation: 1 },
      rollout: { state: "running", strategy: "canary", step: { index: 0, weight: 10 }, wanted: 4, ready: 1 },
    });
    await gateway.serve(2, 100, 1);
    await gateway.serve(1, 450);
    await pass(29_000);
    await ready(id);
    expect(await roles(id)).toEqual(["canary 2", "candidate 2", "serving 1", "serving 1"]);
    expect(await shares(id)).toEqual({ 1: 90, 2: 10 });
    await ready(id);
    expect(await roles(id)).toEqual(["canary 2", "canary 2", "serving 1", "serving 1"]);
    expect(await shares(id)).toEqual({ 1: 50, 2: 50 });
    await pass(30_000);
    await ready(id);
    await ready(id);
    expect(await world.look(id)).toMatchObject({
      serving: { generation: 2 },
      rollout: { state: "succeeded", ready: 4 },
    });
    expect(await shares(id)).toEqual({ 2: 100 });
    expect((await roles(id)).filter((role) => role === "serving 2")).toHaveLength(4);
    const told = (await world.agent.sync()).filter(({ workloadId }) => workloadId === id);
    expect(new Set(told.filter(({ releaseNumber }) => releaseNumber === 2).map(({ restart }) => restart))).toEqual(
      new Set(["always"]),
    );
  });

  test("that errs gives all traffic back, drains and goes", async () => {
    const { id, gateway } = await begun();
    await gateway.serve(1, 300, 3);
    await gateway.serve(2, 40, 10);
    await world.step();
    await pass(1_000);
    await world.step();
    expect(await shares(id)).toEqual({ 1: 100 });
    expect(await roles(id)).toEqual(["draining 2", "serving 1", "serving 1"]);
    const { rollout, serving } = await world.look(id);
    expect(rollout).toMatchObject({ state: "failed", reason: { code: "canary_failed" } });
    expect(rollout.reason?.message).toContain(
      "10 of 40 requests (25.0 %) with errors, the old one 6 of 600 requests (1.0 %)",
    );
    expect(serving).toMatchObject({ generation: 1 });
    await world.settle();
    expect(await roles(id)).toEqual(["serving 1", "serving 1"]);
    expect((await world.events(id)).at(-1)).toMatchObject({
      type: "clusters.rollout.settled",
      data: { generation: 2, requests: 640, failedRequests: 0 },
    });
  });

  test("counts its time from when gateways serve its weights", async () => {
    const { id, gateway } = await begun();
    await gateway.serve(2, 100);
    await abortRollout(world.deps, id, 2);
    world.gateways.revision = 0; // as if gateways did not apply any weight
    await world.put(putOf(id, 3, release));
    await ready(id);
    await ready(id);
    expect((await world.look(id)).rollout).toMatchObject({ state: "running", step: { index: 0 } });
    await pass(4_000);
    await world.step();
    world.gateways.revision = Number.MAX_SAFE_INTEGER;
    await pass(25);
    await world.step();
    await pass(29_999);
    await world.step();
    expect(await roles(id)).not.toContain("candidate 3");
    await pass(1);
    await world.step();
    expect(await roles(id)).toContain("candidate 3");
    world.gateways.revision = null;
    await abortRollout(world.deps, id, 3);
  });

  test("that gateways say nothing of waits for twice its time and is given up", async () => {
    const { id } = await begun();
    world.gateways.traffic = null;
    await pass(31_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "running", step: { index: 0 } } });
    await pass(29_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "failed", reason: { code: "canary_unmeasured" } } });
    expect(await shares(id)).toEqual({ 1: 100 });
  });

  test("keeps what it knows when a gateway goes away, and measures its whole time after that", async () => {
    const { id, gateway } = await begun();
    await gateway.serve(2, 19, 10);
    await pass(10_000);
    await world.step();
    world.gateways.traffic = { gateways: [] };
    const other = createGateway(id, "g2");
    await other.serve(1, 5);
    await pass(1_000);
    await world.step();
    await pass(25_000);
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "running", step: { index: 0 } } });
    expect(await roles(id)).not.toContain("candidate 2");
    await other.serve(2, 200, 0);
    await pass(5_000);
    await world.step();
    expect(await roles(id)).toContain("candidate 2");
    await abortRollout(world.deps, id, 2);
  });

  test("is given up by hand, or for a newer release, and the traffic goes back", async () => {
    for (const end of ["abort", "supersede"]) {
      const { id } = await begun();
      if (end === "abort") await abortRollout(world.deps, id, 2);
      else await world.put(putOf(id, 3, { replicas: 2 }));
      await world.step();
      expect(await shares(id)).toEqual({ 1: 100 });
      expect((await roles(id)).filter((role) => role.endsWith("2"))).toEqual(["draining 2"]);
      await abortRollout(world.deps, id, 3).catch(() => {});
      await world.settle();
    }
  });

  test("that crashes is given up at once", async () => {
    const { id } = await begun();
    const canary = (await world.look(id)).replicas.find(({ role }) => role === "canary");
    const reason = { code: "crashed", message: "It ended with exit code 1.", exitCode: 1 };
    await world.agent.sees({ state: "exited", reason }, canary?.id);
    await world.step();
    expect(await world.look(id)).toMatchObject({ rollout: { state: "failed", reason }, serving: { generation: 1 } });
    expect(await shares(id)).toEqual({ 1: 100 });
  });
});

describe("what a deploy cost", () => {
  test("is what gateways counted from the switch until the old replica had drained", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    const gateway = createGateway(id);
    await gateway.serve(1, 5000, 50, 50); // long before
    await world.deploy(putOf(id, 2));
    expect(await world.look(id)).toMatchObject({
      rollout: { state: "succeeded", requests: null, failedRequests: null },
    });
    await gateway.serve(1, 10, 2, 1);
    await gateway.serve(2, 30);
    gateway.fail(2);
    await world.settle();
    expect(await world.look(id)).toMatchObject({ rollout: { generation: 2, requests: 42, failedRequests: 3 } });
    expect((await world.events(id)).filter(({ type }) => type.endsWith("settled")).at(-1)?.data).toEqual({
      workloadId: id,
      generation: 2,
      requests: 42,
      failedRequests: 3,
    });
    await gateway.serve(2, 1000, 0, 9);
    await world.settle();
    expect(await world.look(id)).toMatchObject({ rollout: { requests: 42, failedRequests: 3 } });
  });

  test("is told of each deploy, also when the next one comes before the old replica has drained", async () => {
    const id = newId();
    await world.deploy(putOf(id, 1));
    const gateway = createGateway(id);
    await gateway.serve(1, 10);
    for (const generation of [2, 3, 4]) {
      await world.deploy(putOf(id, generation));
      await gateway.serve(generation, generation, 0, generation === 3 ? 1 : 0);
    }
    await world.settle();
    const settled = (await world.events(id)).filter(({ type }) => type.endsWith("settled")).map(({ data }) => data);
    expect(settled.map(({ generation }) => generation).toSorted()).toEqual([1, 2, 3, 4]);
    expect(settled.find(({ generation }) => generation === 4)).toMatchObject({ failedRequests: 0 });
    expect(settled.find(({ generation }) => generation === 3)).toMatchObject({ failedRequests: 1 });
  });

  test("is not known when a gateway is gone, or none can be asked", async () => {
    for (const after of [null, { gateways: [] }]) {
      const id = newId();
      await world.deploy(putOf(id, 1));
      await createGateway(id).serve(1, 10);
      await world.deploy(putOf(id, 2));
      world.gateways.traffic = after;
      for (let round = 0; round < 8; round++) await world.settle();
      const settled = (await world.events(id)).filter(({ type }) => type.endsWith("settled")).at(-1);
      expect(settled?.data).toMatchObject({ generation: 2, requests: null, failedRequests: null });
    }
  });
});
