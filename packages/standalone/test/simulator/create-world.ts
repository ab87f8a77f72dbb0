import { emptyCi } from "./builds.ts";
import { emptyClusters } from "./clusters-store.ts";
import { emptyDeployments } from "./deployments-store.ts";
import { createRandom } from "./random.ts";
import { REAL, type Rules } from "./rules.ts";
import { Timeline } from "./timeline.ts";
import type { World } from "./world.ts";

/** A world in which nothing is yet. */
export const createWorld = (seed: number, rules: Rules = REAL, trace: string[] | null = null): World => ({
  now: 0,
  random: createRandom(seed),
  timeline: new Timeline(),
  rules,
  isStormy: false,
  isChanged: false,
  ids: 0,
  clusters: emptyClusters(),
  deployments: emptyDeployments(),
  ci: emptyCi(),
  pins: new Set(),
  valkey: { table: null, gateways: new Map(), wipedAt: Number.NEGATIVE_INFINITY },
  behaviours: new Map(),
  processes: [],
  controllers: [],
  steppers: [],
  agents: [],
  gateways: [],
  watching: {
    states: new Map(),
    revisions: new Map(),
    generations: new Map(),
    disturbed: new Set(),
    hurt: new Set(),
    hung: new Set(),
    floors: new Map(),
  },
  trace,
});
