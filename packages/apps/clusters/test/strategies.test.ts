import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { PutWorkload } from "../src/contract.ts";
import { abortRollout } from "../src/service/abort-rollout.ts";
import { stepWorkload } from "../src/service/step-workload.ts";
import { readRevision } from "../src/store/routes.ts";
import { random } from "./random.ts";
import { createWorld, type FakeAgent, putOf, type World } from "./world.ts";

/** Anything at any moment, over three nodes: what must hold after each of them, and that all comes to rest. */
let world: World;
let agents: FakeAgent[];
beforeAll(async () => {
  world = await createWorld();
  agents = [world.agent, world.addAgent(), world.addAgent()];
  for (const agent of agents) await agent.hello();
}, 60_000);
afterAll(() => world.database.drop());

type Release = Partial<PutWorkload["release"]>;
type Run = { id: WorkloadId; put: PutWorkload; pick: (below: number) => number; next: (run: Run) => Release };

const agentOf = ({ pick }: Run): FakeAgent => agents[pick(agents.length)] ?? world.agent;

const see = async (run: Run, state: "ready" | "exited" | "running" | "unhealthy" | "failed"): Promise<void> => {
  const agent = agentOf(run);
  await agent.sync();
  const running = agent.runs(run.id);
  const replica = running[run.pick(Math.max(1, running.length))];
  if (replica !== undefined) await agent.sees({ state }, replica);
};

const put = (run: Run): Promise<void> => {
  run.put = putOf(run.id, run.put.generation + 1, run.next(run));
  return world.put(run.put);
};

/** Time goes by, and only some nodes are heard of. */
const pass = async (run: Run, ms: number): Promise<void> => {
  world.pass(ms);
  for (const agent of agents) if (run.pick(4) > 0) await agent.sync();
};

/** What happens when nothing happens. */
const goOn = async (run: Run): Promise<void> => {
  await world.step();
  for (const agent of agents) await agent.readies(run.id);
  await pass(run, 1_500);
  await world.step();
};

const happenings: ((run: Run) => Promise<unknown>)[] = [
  () => world.step(),
  ({ id }) => stepWorkload(world.deps, id, { gatewayRevision: null, watchingSince: new Date(0), traffic: null }),
  () => world.sweep(),
  async () => world.restartController(),
  (run) => agentOf(run).sync(),
  (run) => agentOf(run).reports(),
  (run) => agentOf(run).hello(),
  (run) => agentOf(run).readies(run.id),
  ...Array.from({ length: 8 }, () => goOn),
  (run) => see(run, "exited"),
  (run) => see(run, "running"),
  (run) => see(run, "unhealthy"),
  (run) => see(run, "failed"),
  (run) => pass(run, 1_500),
  (run) => pass(run, 6_000),
  (run) => pass(run, 20_000),
  async ({ pick }) => {
    world.gateways.revision = [null, 0, Number.MAX_SAFE_INTEGER][pick(3)] ?? null;
  },
  async ({ pick }) => {
    world.gateways.traffic = pick(2) === 0 ? null : { gateways: [] };
  },
  (run) => world.put(run.put),
  put,
  ({ id, put }) => abortRollout(world.deps, id, put.generation),
];

const view = async (id: WorkloadId) => {
  const seen = await world.look(id);
  const serving = seen.replicas.filter(({ role }) => role === "serving");
  return {
    ...seen,
    serves: serving,
    revision: await readRevision(world.sql),
    generations: serving.map((each) => each.generation),
  };
};
type Seen = Awaited<ReturnType<typeof view>>;

const holds = (run: Run, before: Seen, after: Seen): void => {
  expect(after.revision).toBeGreaterThanOrEqual(before.revision);
  expect(after.generation).toBeGreaterThanOrEqual(before.generation);
  expect(new Set(after.generations).size).toBeLessThanOrEqual(1); // never two releases that have the traffic
  for (const role of ["candidate", "serving"]) {
    const numbers = after.replicas
      .filter((each) => each.role === role)
      .map((each) => `${each.generation}/${each.ordinal}`);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  const { strategy, volumes } = run.put.release;
  if (volumes.length > 0) {
    expect(agents.flatMap((agent) => agent.runs(run.id)).length).toBeLessThanOrEqual(1); // one writer at most
  }
  if (strategy.kind === "recreate") return;
  // What has served is never left without a follower, and of that there is never less than there was.
  const [was, is] = [before.generations[0] ?? 0, after.generations[0] ?? 0];
  expect(is).toBeGreaterThanOrEqual(was);
  if (is === was) expect(after.generations.length).toBeGreaterThanOrEqual(before.generations.length);
};

/** Faults end, and everything works. */
const settle = async (run: Run): Promise<void> => {
  world.gateways.revision = null;
  world.gateways.traffic = { gateways: [] };
  for (let round = 0; round < 60; round++) {
    for (const agent of agents) await agent.readies(run.id);
    if (round % 6 === 0) await world.sweep();
    await world.step();
    const { phase, replicas } = await world.look(run.id);
    if (phase === "settled" && replicas.every(({ role }) => role === "serving") && round > 8) return;
    world.pass(5_000);
  }
};

const steps = [
  { weight: 20, seconds: 2 },
  { weight: 60, seconds: 5 },
];
const volumes = [{ volumeId: newId(), name: "data", path: "/data" }];

const strategies: { name: string; next: Run["next"] }[] = [
  { name: "rolling", next: () => ({ replicas: 3 }) },
  {
    name: "canary",
    next: () => ({ replicas: 3, strategy: { kind: "canary", steps, maxErrorPercent: 5, minRequests: 20 } }),
  },
  { name: "recreate with a volume", next: () => ({ strategy: { kind: "recreate" }, volumes }) },
  { name: "recreate with replicas", next: () => ({ replicas: 2, strategy: { kind: "recreate" } }) },
];

for (const { name, next } of strategies) {
  describe(`a workload that is rolled out by ${name}`, () => {
    for (const seed of [1, 2, 3, 4]) {
      test(`keeps its promises whatever happens, and comes to rest (seed ${seed})`, async () => {
        const id = newId<WorkloadId>();
        const run: Run = { id, put: putOf(id, 1), pick: random(seed), next };
        run.put = putOf(id, 1, next(run));
        await world.put(run.put);
        if (seed % 2 === 0) await settle(run);
        let before = await view(id);
        for (let round = 0; round < 50; round++) {
          const first = happenings[run.pick(happenings.length)];
          const second = run.pick(3) === 0 ? happenings[run.pick(7)] : undefined;
          await Promise.all([first?.(run), second?.(run)]);
          const after = await view(id);
          holds(run, before, after);
          before = after;
        }
        await settle(run);
        const rest = await view(id);
        expect(rest.phase).toBe("settled");
        const wanted = run.put.release.replicas;
        expect(rest.replicas.map(({ role }) => role)).toEqual(
          Array.from({ length: rest.serving === null ? 0 : wanted }, () => "serving"),
        );
        if (rest.rollout.state === "succeeded") expect(rest.serving?.generation).toBe(rest.generation);
        const targets = (await world.targets(id)) ?? [];
        expect(targets.map(({ state }) => state)).toEqual(rest.replicas.map(() => "ready"));
        expect(agents.flatMap((agent) => agent.runs(id)).toSorted()).toEqual(
          rest.replicas.map((each) => each.id).toSorted(),
        );
      }, 60_000);
    }
  });
}
