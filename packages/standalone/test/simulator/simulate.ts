import { addAgent } from "./agents.ts";
import { addRunner, keepReaping } from "./builds.ts";
import { checkWorld } from "./checks.ts";
import { addController } from "./controllers.ts";
import { createWorld } from "./create-world.ts";
import { isOver } from "./deployments-store.ts";
import { inflict, powerOn } from "./faults.ts";
import { addGateway, keepPublishing } from "./gateways.ts";
import { REAL, type Rules } from "./rules.ts";
import { goodBehaviour, type Item, type Script } from "./script.ts";
import { differences, isLossUnknown, isStuck, waitsFor } from "./settle.ts";
import { addStepper } from "./steppers.ts";
import { type Journal, makeService, wish } from "./users.ts";
import { later, note, pause, runUntil, start, Violation, type World } from "./world.ts";

export type Outcome = {
  violation: Violation | null;
  /** From when faults stopped until all was as it was wished, and the part of it in which no named wait ran, in ms. */
  settledMs: number;
  idleMs: number;
  events: number;
  trace: string[];
};

/** I9: with all processes up and no wait that has a name, all has to be as it was wished after this long. */
const SETTLE_MS = 30_000;
/** I5: and with whatever waits, everything comes to an end. */
const END_MS = 600_000;
const LOOK_MS = 1_000;
/** Messages of the storm may arrive until then. */
const LATEST_MS = 7_000;

/** Plays one script, with `items` of it; the same script and rules give the same outcome. */
export const simulate = (
  script: Script,
  { rules = REAL, items = script.items, traced = false }: Options = {},
): Outcome => {
  const world = createWorld(script.seed, rules, traced ? [] : null);
  const journal: Journal = { deployments: new Map(), removed: new Set() };
  const outcome: Outcome = { violation: null, settledMs: 0, idleMs: 0, events: 0, trace: world.trace ?? [] };
  const check = (): void => {
    outcome.events += 1;
    checkWorld(world);
  };
  try {
    build(world, script);
    for (const item of items) later(world, null, item.at, () => play(world, journal, item));
    world.isStormy = script.isStormy;
    runUntil(world, script.quietAt, check);
    heal(world);
    settle(world, journal, script, outcome, check);
  } catch (err) {
    outcome.violation =
      err instanceof Violation
        ? err
        : new Violation("threw", err instanceof Error ? (err.stack ?? err.message) : String(err));
    note(world, `VIOLATION ${outcome.violation.message}`);
  }
  return outcome;
};

export type Options = { rules?: Rules; items?: readonly Item[]; traced?: boolean };

const build = (world: World, { nodes, gateways, runners, services }: Script): void => {
  for (const service of services) makeService(world, service);
  for (const name of gateways) addGateway(world, name);
  for (const name of ["clusters0", "clusters1"]) keepPublishing(world, addController(world, name).process);
  for (const name of ["deployments0", "deployments1"]) addStepper(world, name);
  for (const name of nodes) addAgent(world, name);
  for (const name of runners) addRunner(world, name);
  keepReaping(world);
};

const play = (world: World, journal: Journal, item: Item): void => {
  if (world.now >= 0 && "fault" in item) {
    inflict(world, item);
    return;
  }
  if ("wish" in item) {
    note(world, `wish: ${JSON.stringify(item)}`);
    wish(world, journal, item.workloadId, item);
  }
};

/** From here on nothing goes wrong any more; clocks stay as they are, and nodes that are gone stay away. */
const heal = (world: World): void => {
  note(world, "faults stop");
  world.isStormy = false;
  for (const process of world.processes) {
    process.dies = null;
    process.stallsMs = 0;
    process.cutOffUntil = Math.min(process.cutOffUntil, world.now);
    pause(world, process, 0);
  }
  for (const agent of world.agents) {
    for (const container of agent.engine.containers.values()) container.isHung = false;
    if (!agent.engine.isGone) powerOn(world, agent);
  }
  for (const process of world.processes) {
    const agent = world.agents.find((each) => each.process === process);
    if (agent === undefined || !agent.engine.isGone) start(world, process);
  }
};

const settle = (world: World, journal: Journal, script: Script, outcome: Outcome, check: () => void): void => {
  const quietAt = world.now;
  const calmAt = quietAt + (script.isStormy ? LATEST_MS : 0);
  const deploys: Item[] = script.services.map(({ workloadId }) => ({
    at: 0,
    workloadId,
    wish: "deploy",
    from: "image",
    behaviour: goodBehaviour(),
  }));
  let last: Map<string, string> | null = null;
  let sinceMs = 0;
  let work = -1;
  for (let wait: string | null = null; ; ) {
    runUntil(world, world.now + LOOK_MS, check);
    const left = differences(world, journal);
    const isEarly = last === null && (isLossUnknown(world) || world.now < calmAt);
    if (left.length === 0 && !isEarly) {
      if (last === null) {
        // All that was under way has ended; now a last wish has to come true.
        last = new Map();
        sinceMs = 0;
        for (const item of deploys) play(world, journal, item);
        continue;
      }
      confirmLast(world, script);
      outcome.settledMs = world.now - quietAt;
      return;
    }
    wait = waitsFor(world);
    const unfinished = countUnfinished(world);
    sinceMs = wait === null && unfinished === work ? sinceMs + LOOK_MS : 0; // each piece of work has its time
    work = unfinished;
    outcome.idleMs = Math.max(outcome.idleMs, sinceMs);
    if (sinceMs > SETTLE_MS)
      throw new Violation("I9", `nothing is waited for, and after 30 s: ${left.slice(0, 6).join("; ")}`);
    if (world.now - quietAt > END_MS)
      throw new Violation("I5", `it does not end (${wait}): ${left.slice(0, 6).join("; ")}`);
  }
};

const countUnfinished = ({ deployments }: World): number =>
  [...deployments.deployments.values()].filter((row) => !isOver(row)).length;

/** A good release that is deployed when nothing is wrong is live, unless its service is gone or waits for a node that is. */
const confirmLast = (world: World, { services }: Script): void => {
  for (const { workloadId } of services) {
    const workload = world.clusters.workloads.get(workloadId);
    if (!world.deployments.services.has(workloadId)) continue;
    if (workload !== undefined && isStuck(world, workload)) continue;
    const newest = [...world.deployments.deployments.values()].filter((row) => row.workloadId === workloadId).at(-1);
    if (newest?.state !== "live")
      throw new Violation(
        "I9",
        `the last deployment of ${workloadId} is ${newest?.state ?? "missing"} (${newest?.reason ?? ""})`,
      );
  }
};
