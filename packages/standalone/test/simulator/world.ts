import type { DeploymentId } from "@homeport/kit/ids.ts";
import type { Agent } from "./agent-mind.ts";
import type { CiDb } from "./builds.ts";
import type { Watching } from "./checks.ts";
import type { ClustersDb } from "./clusters-store.ts";
import type { Controller } from "./controller-process.ts";
import type { DeploymentsDb } from "./deployments-store.ts";
import type { Gateway, Published } from "./gateways.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { Rules } from "./rules.ts";
import type { Stepper } from "./steppers.ts";
import type { Timeline } from "./timeline.ts";

/** How a release behaves when it runs; the platform cannot know. */
export type Behaviour = {
  /** From its start until it answers. */
  readyMs: number;
  fate: "good" | "crashes" | "hangs" | "out_of_memory" | "errs";
  ignoresTerm: boolean;
  preDeploy: "none" | "good" | "fails";
  postDeploy: "none" | "good" | "fails";
  build: "good" | "fails" | "slow";
};

/** An invariant that did not hold; what a run of the simulator ends with. */
export class Violation extends Error {
  constructor(
    readonly rule: string,
    message: string,
  ) {
    super(`${rule}: ${message}`);
  }
}

/** The whole platform in one object. Stores outlive processes; everything else dies with the one that knows it. */
export type World = {
  now: number;
  random: Random;
  timeline: Timeline;
  rules: Rules;
  /** Whether messages get lost, doubled and late beyond what is usual. */
  isStormy: boolean;
  /** Whether something happened that requests can tell: rows, routes or what runs. Time alone only makes more answer. */
  isChanged: boolean;
  ids: number;
  clusters: ClustersDb;
  deployments: DeploymentsDb;
  ci: CiDb;
  /** Of the registry: keys under which images are kept. */
  pins: Set<DeploymentId>;
  valkey: Published;
  behaviours: Map<string, Behaviour>;
  processes: Process[];
  controllers: Controller[];
  steppers: Stepper[];
  agents: Agent[];
  gateways: Gateway[];
  watching: Watching;
  /** Lines of what happened; null when nobody wants to read them. */
  trace: string[] | null;
};

/** Instants inside the world are ms since its beginning; what the real functions see are these as dates. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);
export const dateOf = (at: number): Date => new Date(EPOCH_MS + at);
export const msOf = (date: Date): number => date.getTime() - EPOCH_MS;

/** Ids in the order in which they are made, as those of the platform are. */
export const newIdOf = <T extends string>(world: World, prefix: string): T =>
  `${prefix}${String(++world.ids).padStart(5, "0")}` as T;

/** The clock that a process reads. */
export const clockOf = (world: World, { skewMs }: Process): Date => dateOf(world.now + skewMs);

export const note = (world: World, line: string): void => {
  world.trace?.push(`${(world.now / 1000).toFixed(3).padStart(9)} ${line}`);
};

/** Has a process do something after a while, if it still lives then. */
export const later = (world: World, owner: Process | null, delayMs: number, run: () => void): void => {
  if (owner?.isDying !== true) world.timeline.add(world.now + delayMs, owner, run);
};

/** Runs what happens until `until`, or until `isOver` says so; `check` comes after each of it. */
export const runUntil = (world: World, until: number, check: () => void, isOver: () => boolean = () => false): void => {
  for (;;) {
    if (isOver()) return;
    const happening = world.timeline.next();
    if (happening === undefined) return;
    if (happening.at > until) {
      world.timeline.postpone(happening, happening.at);
      world.now = until;
      return;
    }
    const { owner } = happening;
    if (owner !== null && (!owner.up || owner.life !== happening.life)) continue;
    if (owner !== null && owner.pausedUntil > happening.at) {
      owner.backlog.push(happening);
      continue;
    }
    world.now = happening.at;
    if (owner?.dies === "before") kill(world, owner);
    else if (owner?.dies === "after") {
      owner.isDying = true;
      happening.run();
      kill(world, owner);
    } else happening.run();
    check();
  }
};

/** SIGSTOP for a while, or SIGCONT for 0: what came meanwhile comes then. */
export const pause = (world: World, process: Process, ms: number): void => {
  process.pausedUntil = ms === 0 ? world.now : Math.max(process.pausedUntil, world.now + ms);
  const resume = (): void => {
    if (process.pausedUntil > world.now) return;
    for (const happening of process.backlog) world.timeline.postpone(happening, world.now);
    process.backlog = [];
  };
  if (ms === 0) resume();
  else later(world, null, ms, resume);
};

export const kill = (world: World, process: Process): void => {
  process.isDying = false;
  process.dies = null;
  process.pausedUntil = 0;
  process.backlog = [];
  if (!process.up) return;
  note(world, `${process.name} dies`);
  process.up = false;
  process.life += 1;
  for (const hangUp of process.callers) hangUp();
  process.callers.clear();
  process.end();
};

export const start = (world: World, process: Process): void => {
  if (process.up) return;
  note(world, `${process.name} starts`);
  process.up = true;
  process.life += 1;
  process.begin();
};
