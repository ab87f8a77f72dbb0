import type { Strategy } from "@homeport/clusters/workload.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { createRandom, type Random } from "./random.ts";
import type { Behaviour } from "./world.ts";

/** What people do and what goes wrong, in one seed: data, so that a failing one can be made shorter. */
export type Wish =
  | { wish: "deploy"; from: "build" | "image" | "configuration"; behaviour: Behaviour }
  | { wish: "roll_back" }
  | { wish: "cancel" }
  | { wish: "scale"; replicas: number }
  | { wish: "change_strategy"; strategy: Strategy }
  | { wish: "remove" };

export type Fault =
  | { fault: "kill"; process: string; dies: "before" | "after"; downMs: number }
  | { fault: "pause"; process: string; ms: number }
  /** Stopped as soon as it waits for an answer; longer than its lease. */
  | { fault: "stall"; process: string; ms: number }
  | { fault: "step_clock"; process: string; ms: number }
  | { fault: "cut_off"; process: string; ms: number }
  | { fault: "wipe_valkey" }
  | { fault: "power"; process: string; downMs: number }
  | { fault: "gone"; process: string }
  | { fault: "crash"; nth: number }
  | { fault: "hang"; nth: number };

export type Item = { at: number } & (({ workloadId: WorkloadId } & Wish) | Fault);

export type Service = { workloadId: WorkloadId; isStateful: boolean; replicas: number; strategy: Strategy };

export type Script = {
  seed: number;
  nodes: string[];
  gateways: string[];
  runners: string[];
  services: Service[];
  isStormy: boolean;
  items: Item[];
  /** When the last fault and the last wish are over. */
  quietAt: number;
};

const FIRST_DEPLOYS_MS = 300;
/** A step's lease and the time until another stepper looks. */
const STALL_MS = 26_000;

export const writeScript = (seed: number): Script => {
  const random = createRandom(seed ^ 0x5eed);
  const names = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const nodes = names("node", random.int(1, 3));
  const gateways = names("gateway", random.int(1, 2));
  const runners = names("runner", random.int(1, 2));
  const services = names("w", random.chance(0.3) ? 2 : 1).map((id) => writeService(random, id as WorkloadId));
  const isStormy = random.chance(0.5);
  const quietAt = random.chance(0.25) ? random.int(28_000, 40_000) : random.int(6_000, 15_000);
  const items: Item[] = services.map(({ workloadId }) => ({
    at: FIRST_DEPLOYS_MS,
    workloadId,
    wish: "deploy",
    from: random.pick(["build", "image"]),
    behaviour: { ...GOOD, readyMs: 50 },
  }));
  for (let count = random.int(1, 6); count > 0; count -= 1)
    items.push(writeWish(random, services, random.int(1_000, quietAt - 1_000)));
  if (random.chance(0.9)) {
    const processes = ["clusters0", "clusters1", "deployments0", "deployments1", ...nodes, ...gateways, ...runners];
    for (let count = random.int(1, 7); count > 0; count -= 1)
      items.push(writeFault(random, processes, nodes, random.int(500, quietAt - 500)));
  }
  if (quietAt > STALL_MS && random.chance(0.4))
    items.push({
      at: random.int(350, 3_000),
      fault: "stall",
      process: random.pick(["deployments0", "deployments1"]),
      ms: STALL_MS,
    });
  items.sort((a, b) => a.at - b.at);
  return { seed, nodes, gateways, runners, services, isStormy, items, quietAt };
};

const writeService = (random: Random, workloadId: WorkloadId): Service => {
  const isStateful = random.chance(0.25);
  const replicas = isStateful ? 1 : random.pick([1, 1, 2, 3]);
  return { workloadId, isStateful, replicas, strategy: isStateful ? { kind: "recreate" } : writeStrategy(random) };
};

const writeStrategy = (random: Random): Strategy => {
  const kind = random.pick(["rolling", "rolling", "canary", "recreate"] as const);
  if (kind !== "canary") return { kind };
  const steps = [{ weight: 20, seconds: random.int(1, 2) }];
  if (random.chance(0.5)) steps.push({ weight: 60, seconds: 1 });
  return { kind, steps, maxErrorPercent: 5, minRequests: 20 };
};

const GOOD: Behaviour = {
  readyMs: 60,
  fate: "good",
  ignoresTerm: false,
  preDeploy: "none",
  postDeploy: "none",
  build: "good",
};

export const goodBehaviour = (): Behaviour => ({ ...GOOD });

const writeBehaviour = (random: Random): Behaviour => ({
  readyMs: random.chance(0.2) ? random.int(500, 2_500) : random.int(20, 200),
  fate: random.chance(0.7) ? "good" : random.pick(["crashes", "hangs", "out_of_memory", "errs", "errs"] as const),
  ignoresTerm: random.chance(0.15),
  preDeploy: random.chance(0.25) ? random.pick(["good", "good", "fails"] as const) : "none",
  postDeploy: random.chance(0.2) ? random.pick(["good", "fails"] as const) : "none",
  build: random.chance(0.85) ? "good" : random.pick(["fails", "slow"] as const),
});

const writeWish = (random: Random, services: readonly Service[], at: number): Item => {
  const { workloadId, isStateful } = random.pick(services);
  const kind = random.int(0, 19);
  if (kind < 11) {
    const from = random.pick(["build", "image", "image", "configuration"] as const);
    return { at, workloadId, wish: "deploy", from, behaviour: writeBehaviour(random) };
  }
  if (kind < 13) return { at, workloadId, wish: "roll_back" };
  if (kind < 15) return { at, workloadId, wish: "cancel" };
  if (kind < 17) return { at, workloadId, wish: "scale", replicas: isStateful ? random.int(0, 1) : random.int(0, 3) };
  if (kind < 19 && !isStateful) return { at, workloadId, wish: "change_strategy", strategy: writeStrategy(random) };
  return { at, workloadId, wish: "remove" };
};

const writeFault = (random: Random, processes: readonly string[], nodes: readonly string[], at: number): Item => {
  const process = random.pick(processes);
  const kind = random.int(0, 19);
  if (kind < 8)
    return {
      at,
      fault: "kill",
      process,
      dies: random.pick(["before", "after"] as const),
      downMs: random.int(50, 9_000),
    };
  if (kind < 11)
    return {
      at,
      fault: "pause",
      process,
      ms: random.chance(0.4) ? random.int(21_000, 40_000) : random.int(200, 8_000),
    };
  if (kind < 12) return { at, fault: "step_clock", process, ms: clockStep(random, process) };
  if (kind < 15)
    return {
      at,
      fault: "cut_off",
      process,
      ms: random.chance(0.3) ? random.int(20_000, 60_000) : random.int(300, 9_000),
    };
  if (kind < 16) return { at, fault: "wipe_valkey" };
  if (kind < 17) return { at, fault: "power", process: random.pick(nodes), downMs: random.int(1_000, 20_000) };
  if (kind < 18 && nodes.length > 1 && random.chance(0.3)) return { at, fault: "gone", process: random.pick(nodes) };
  return { at, fault: random.chance(0.6) ? "crash" : "hang", nth: random.int(0, 9) };
};

/** Instances of the clusters app compare instants of each other, so they are as close as machines that keep time. */
const clockStep = (random: Random, process: string): number =>
  process.startsWith("clusters") ? random.int(-2_000, 2_000) : random.pick([-3_600_000, -20_000, 20_000, 3_600_000]);
