import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { PutWorkload } from "../src/contract.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { stepWorkload } from "../src/service/step-workload.ts";
import { readRevision } from "../src/store/routes.ts";
import { random } from "./random.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.database.drop());

type Run = { id: WorkloadId; put: PutWorkload; pick: (below: number) => number };

const replicaOf = async ({ id, pick }: Run): Promise<string | undefined> => {
  const { replicas } = await world.look(id);
  const running = replicas.filter(({ desired }) => desired === "running");
  return running[pick(Math.max(1, running.length))]?.id;
};

const see = async (run: Run, state: "ready" | "exited" | "running" | "unhealthy"): Promise<void> => {
  const replica = await replicaOf(run);
  await world.agent.sync();
  if (replica !== undefined) await world.agent.sees({ state }, replica);
};

/** What may happen at any moment, in any order, twice, or at the same time. */
const happenings: ((run: Run) => Promise<unknown>)[] = [
  () => world.step(),
  ({ id }) => stepWorkload(world.deps, id, { gatewayRevision: null, watchingSince: world.deps.clock(), traffic: null }),
  async () => world.restartController(),
  () => world.agent.sync(),
  () => world.agent.reports(),
  () => world.agent.hello(),
  (run) => see(run, "ready"),
  (run) => see(run, "ready"),
  (run) => see(run, "running"),
  (run) => see(run, "unhealthy"),
  (run) => see(run, "exited"),
  async () => world.pass(700),
  async () => world.pass(3_000),
  ({ put }) => world.put(put),
  (run) => {
    run.put = putOf(run.id, run.put.generation + 1);
    return world.put(run.put);
  },
  ({ id, put }) => abortRollout(world.deps, id, put.generation),
];

const settle = async (run: Run): Promise<void> => {
  for (let round = 0; round < 12; round++) {
    await world.agent.sync();
    for (const { id, desired } of (await world.look(run.id)).replicas) {
      if (desired === "running") await world.agent.sees({ state: "ready" }, id);
    }
    await world.step();
    world.pass(5_000);
  }
};

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
  test(`a workload survives being interrupted anywhere and comes to rest (seed ${seed})`, async () => {
    const id = newId<WorkloadId>();
    const run: Run = { id, put: putOf(id, 1), pick: random(seed) };
    await world.put(run.put);
    let before = { revision: 0, serving: 0, generation: 0 };
    for (let round = 0; round < 60; round++) {
      const first = happenings[run.pick(happenings.length)];
      const second = run.pick(3) === 0 ? happenings[run.pick(5)] : undefined;
      await Promise.all([first?.(run), second?.(run)]);
      const { serving, replicas, generation } = await world.look(id);
      const after = { revision: await readRevision(world.sql), serving: serving?.generation ?? 0, generation };
      expect(after.revision).toBeGreaterThanOrEqual(before.revision);
      expect(after.generation).toBeGreaterThanOrEqual(before.generation);
      expect(after.serving).toBeGreaterThanOrEqual(before.serving); // what has served is never left without a follower
      expect(replicas.filter(({ role }) => role === "serving")).toHaveLength(after.serving === 0 ? 0 : 1);
      expect(replicas.filter(({ role }) => role === "candidate").length).toBeLessThanOrEqual(1);
      before = after;
    }
    await settle(run);
    const rest = await world.look(id);
    expect(rest.phase).toBe("settled");
    expect(rest.replicas.map(({ role }) => role)).toEqual(rest.serving === null ? [] : ["serving"]);
    if (rest.rollout.state === "succeeded") expect(rest.serving?.generation).toBe(rest.generation);
    expect(await world.targets(id)).toHaveLength(rest.replicas.length);
    const releases = await world.sql<{ generation: number }[]>`
      select generation from clusters.releases where workload_id = ${id} order by generation`;
    const kept = new Set([rest.serving?.generation ?? rest.generation, rest.generation]);
    expect(releases.map(({ generation }) => generation)).toEqual([...kept]);
  });
}
