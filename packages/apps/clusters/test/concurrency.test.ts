import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { newId, type ReplicaId, type WorkloadId } from "@homeport/kit/ids.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { startRemoval } from "../src/service/remove-workload.ts";
import { stepWorkload } from "../src/service/step-workload.ts";
import { bumpGenerations } from "../src/store/nodes.ts";
import { removeWorkload } from "../src/store/removed-workloads.ts";
import { insertCandidate } from "../src/store/replicas.ts";
import { bumpRevision } from "../src/store/routes.ts";
import { lockWorkload, makeUnfinishedDue } from "../src/store/workloads.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.database.drop());

/** How many transactions wait for another one. */
const waiting = async (): Promise<number> => {
  const [row] = await world.database.admin<{ count: number }[]>`
    select count(*) as count
    from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return row?.count ?? 0;
};

const untilWaiting = (count: number) => waitFor(async () => (await waiting()) === count);

/** Another transaction that holds locks while something runs into them. */
const holding = <T>(run: (tx: Tx) => Promise<T>): Promise<T> => world.sql.begin(run) as Promise<T>;

describe("transactions that meet", () => {
  test("a switch that waits for its node holds no routes, which whoever has the node may want next", async () => {
    const id = newId<WorkloadId>();
    await world.put(putOf(id, 1));
    await world.step();
    await world.agent.sees({ state: "ready" });
    world.pass(1_000);
    const facts = { gatewayRevision: null, watchingSince: world.deps.clock(), traffic: null };
    const { step } = await holding(async (tx) => {
      await bumpGenerations(tx, [world.agent.nodeId]);
      const step = stepWorkload(world.deps, id, facts);
      await untilWaiting(1);
      await bumpRevision(tx); // as a removal does
      return { step };
    });
    await step;
    expect((await world.look(id)).serving).not.toBeNull();
  });

  test("the sweep locks workloads in the order in which reports do", async () => {
    const [first, second] = [newId<WorkloadId>(), newId<WorkloadId>()].toSorted();
    if (first === undefined || second === undefined) throw new Error("there are two");
    for (const id of [second, first]) {
      await world.put(putOf(id, 1));
      await world.sql`update clusters.workloads set due_at = null where id = ${id}`;
    }
    const { sweep } = await holding(async (tx) => {
      await lockWorkload(tx, first);
      const sweep = makeUnfinishedDue(world.sql, world.deps.clock());
      await untilWaiting(1);
      await lockWorkload(tx, second);
      return { sweep };
    });
    await sweep;
    for (const id of [first, second]) await abortRollout(world.deps, id, 1);
  });
});

describe("controllers at once", () => {
  const facts = () => ({ gatewayRevision: null, watchingSince: world.deps.clock(), traffic: { gateways: [] } });

  test("start each replica of a release once, and switch once", async () => {
    const id = newId<WorkloadId>();
    await world.put(putOf(id, 1, { replicas: 5 }));
    const all = () => Promise.all([1, 2, 3, 4].map(() => stepWorkload(world.deps, id, facts())));
    await all();
    const ordinals = async () => (await world.look(id)).replicas.map(({ ordinal }) => ordinal).toSorted();
    expect(await ordinals()).toEqual([0, 1, 2, 3, 4]);
    await world.agent.readies(id);
    world.pass(1_000);
    await all();
    expect(await ordinals()).toEqual([0, 1, 2, 3, 4]);
    expect((await world.look(id)).replicas.every(({ role }) => role === "serving")).toBe(true);
    const types = (await world.events(id)).map(({ type }) => type);
    expect(types.filter((type) => type === "clusters.rollout.succeeded")).toHaveLength(1);
  });

  test("cannot start a replica a second time, whatever they believe", async () => {
    const id = newId<WorkloadId>();
    await world.put(putOf(id, 1));
    await world.step();
    const { nodeId } = world.agent;
    const second = { id: newId<ReplicaId>(), workloadId: id, generation: 1, ordinal: 0, nodeId };
    await expect(insertCandidate(world.sql, second, world.deps.clock())).rejects.toMatchObject({ code: "23505" });
    await abortRollout(world.deps, id, 1);
  });

  test("that change the same nodes in different orders do not wait for each other", async () => {
    const other = world.addAgent();
    await other.hello();
    const nodes = [world.agent.nodeId, other.nodeId].toSorted();
    const [first, last] = nodes;
    if (first === undefined || last === undefined) throw new Error("there are two");
    const { change } = await holding(async (tx) => {
      await bumpGenerations(tx, [first]);
      const change = world.sql.begin((theirs) => bumpGenerations(theirs, [last, first]));
      await untilWaiting(1);
      await bumpGenerations(tx, [last]); // which the other one would hold by now if it had begun with it
      return { change };
    });
    await change;
  });
});

describe("a workload that is removed", () => {
  test("before it was ever put is refused when it is", async () => {
    const id = newId();
    expect(await startRemoval(world.deps, id)).toBe(false);
    await expect(world.put(putOf(id, 1))).rejects.toMatchObject({ code: "gone" });
  });

  test("while its first put is under way goes away", async () => {
    const id = newId();
    const { put, removal } = await holding(async (tx) => {
      await bumpRevision(tx);
      const put = world.put(putOf(id, 1));
      await untilWaiting(1);
      let isOver = false;
      const removal = startRemoval(world.deps, id).finally(() => {
        isOver = true;
      });
      await waitFor(async () => isOver || (await waiting()) === 2);
      return { put, removal };
    });
    await put;
    expect(await removal).toBe(true);
    await world.settle();
    await expect(world.look(id)).rejects.toMatchObject({ code: "not_found" });
  });

  test("that was given up before it was known is refused when it arrives, and a newer release is not", async () => {
    const id = newId<WorkloadId>();
    await expect(abortRollout(world.deps, id, 2)).rejects.toMatchObject({ code: "not_found" });
    await expect(world.put(putOf(id, 1))).rejects.toMatchObject({ code: "conflict" });
    await expect(world.put(putOf(id, 2))).rejects.toMatchObject({ code: "conflict" });
    await expect(world.look(id)).rejects.toMatchObject({ code: "not_found" });
    await world.put(putOf(id, 3));
    expect(await world.look(id)).toMatchObject({ generation: 3, rollout: { state: "running" } });
    await abortRollout(world.deps, id, 3);
  });

  test("in the moment of a put does not come back with it", async () => {
    const id = newId<WorkloadId>();
    await world.put(putOf(id, 1));
    await abortRollout(world.deps, id, 1);
    const { put } = await holding(async (tx) => {
      await removeWorkload(tx, id, world.deps.clock());
      const put = world.put(putOf(id, 2));
      put.catch(() => {});
      await untilWaiting(1);
      return { put };
    });
    await expect(put).rejects.toMatchObject({ code: "gone" });
  });
});
