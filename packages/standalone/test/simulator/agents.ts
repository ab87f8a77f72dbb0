import { explainExit } from "@homeport/agent/exit-reason.ts";
import { raiseEpochs } from "@homeport/agent/fence.ts";
import { observe, type Readiness } from "@homeport/agent/observe.ts";
import type { EngineReplica } from "@homeport/agent/ports.ts";
import { refusalOf } from "@homeport/agent/reconcile.ts";
import type { DesiredState } from "@homeport/clusters/contract.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import { beginAction } from "./agent-actions.ts";
import { type Agent, byId, emptyMind } from "./agent-mind.ts";
import { syncProbes } from "./agent-probes.ts";
import { followDesired, reportNow } from "./agent-wire.ts";
import { generationTaken } from "./checks.ts";
import { createEngine } from "./container.ts";
import { listContainers } from "./engine.ts";
import { createProcess } from "./process.ts";
import { clockOf, later, note, type World } from "./world.ts";

const LOOK_EVERY_MS = 10_000;

export const addAgent = (world: World, name: string): void => {
  const process = createProcess(name, "agent");
  const agent: Agent = {
    process,
    nodeId: name as NodeId,
    engine: createEngine(world.random.chance(0.5)),
    disk: { desired: null, epochs: new Map(), runs: new Map() },
    mind: emptyMind(),
    // The engine's own news, which may be lost; everything is looked at now and then anyway.
    ring: () => ring(world, agent),
    accept: (state) => accept(world, agent, state),
    changed: () => later(world, process, world.random.int(1, 20), () => ring(world, agent)),
  };
  process.begin = () => {
    const { mind, disk } = agent;
    mind.desired = disk.desired;
    for (const id of disk.runs.keys()) mind.memories.ran(id);
    if (disk.desired !== null) disk.epochs = raiseEpochs(disk.epochs, disk.desired);
    ring(world, agent);
    followDesired(world, agent, 0);
  };
  process.end = () => {
    agent.mind = emptyMind();
  };
  world.processes.push(process);
  world.agents.push(agent);
  process.begin();
};

/** Has the agent look at everything soon. */
const ring = (world: World, agent: Agent): void => {
  const { mind, process } = agent;
  if (mind.isLooking) {
    mind.isRung = true;
    return;
  }
  mind.isLooking = true;
  mind.isRung = false;
  later(world, process, 0, () => {
    mind.touched = new Set(mind.works.keys());
    const replicas = listContainers(agent.engine, agent.nodeId);
    // What the engine said is some time ago when the agent acts on it.
    later(world, process, world.random.int(1, 10), () => look(world, agent, replicas));
  });
};

/** `look` of the agent: the same calls in the same order. */
const look = (world: World, agent: Agent, replicas: EngineReplica[]): void => {
  const { mind, process, disk } = agent;
  mind.replicas = replicas;
  mind.isLooking = false;
  const at = clockOf(world, process).getTime();
  const state = mind.desired;
  let waitMs = LOOK_EVERY_MS;
  if (state !== null) {
    const { memories, works } = mind;
    memories.keepOnly(new Set([...state.replicas, ...replicas].map(({ id }) => id)));
    memories.countEnds(replicas, at);
    const running = new Set(state.replicas.flatMap(({ id, desired }) => (desired === "running" ? [id] : [])));
    for (const [id, work] of works) {
      if ((work.doing === "pulling" || work.doing === "starting") && !running.has(id)) work.isAborted = true;
    }
    explainEnds(agent, state);
    const next = world.rules.planNode({
      desired: state,
      replicas,
      memory: memories.all(),
      busy: mind.touched,
      epochs: disk.epochs,
      lockedVolumes: NONE,
      now: at,
    });
    for (const action of next.actions) beginAction(world, agent, action);
    syncProbes(world, agent, state);
    memories.settle(replicas, (id) => mind.watches.get(id)?.readiness ?? null, at);
    report(world, agent, state);
    if (next.wakeAt !== null) waitMs = Math.min(waitMs, Math.max(1, next.wakeAt - at));
  }
  if (mind.isRung) {
    ring(world, agent);
    return;
  }
  mind.lookAt = world.now + waitMs;
  const { lookAt } = mind;
  later(world, process, waitMs, () => {
    if (!mind.isLooking && mind.lookAt === lookAt) ring(world, agent);
  });
};

const NONE: ReadonlySet<string> = new Set();

const explainEnds = ({ mind, disk }: Agent, state: DesiredState): void => {
  for (const replica of state.replicas) {
    const found = byId(mind, replica.id)?.state;
    if (found?.kind !== "exited" || replica.desired === "stopped") continue;
    if (!mind.memories.isNewEnd(replica.id, found.exit.at)) continue;
    const { kind, timeoutSeconds } = replica;
    const { exit, startedAt } = found;
    const reason = explainExit({ exit, startedAt, kind, timeoutSeconds, lastLines: [] });
    if (kind === "run" && (disk.runs.get(replica.id) ?? null) === null)
      disk.runs.set(replica.id, { exitCode: exit.code, reason });
    mind.memories.ended(replica, reason, exit);
  }
};

const report = (world: World, agent: Agent, state: DesiredState): void => {
  const { mind, disk } = agent;
  mind.informed ||= [...mind.watches.values()].every(({ probed }) => probed);
  if (!mind.informed) return;
  const replicas = state.replicas.map((wanted) => {
    const found = byId(mind, wanted.id);
    const readiness: Readiness | null = mind.watches.get(wanted.id)?.readiness ?? null;
    return observe({
      wanted,
      found,
      runEnd: disk.runs.get(wanted.id) ?? null,
      refusal: refusalOf(wanted, found, { memory: mind.memories.all(), epochs: disk.epochs }),
      doing: mind.works.get(wanted.id)?.doing ?? null,
      isStale: mind.touched.has(wanted.id),
      readiness,
      ...mind.memories.factsOf(wanted.id),
    });
  });
  const latest = { generation: state.generation, replicas };
  const text = JSON.stringify(latest);
  mind.report.latest = latest;
  mind.report.text = text;
  if (text !== mind.report.sent) reportNow(world, agent, 5);
};

/** Takes over a newer wish: on disk first, then acted on. */
const accept = (world: World, agent: Agent, state: DesiredState): void => {
  const { mind, disk, nodeId } = agent;
  if (!world.rules.supersedes(state, mind.desired, nodeId)) return;
  disk.desired = state;
  disk.epochs = raiseEpochs(disk.epochs, state);
  mind.desired = state;
  generationTaken(world, agent, state.generation);
  if (world.trace !== null) note(world, `${nodeId} takes generation ${state.generation}`);
  const ids = new Set(state.replicas.map(({ id }) => id));
  for (const id of disk.runs.keys()) if (!ids.has(id)) disk.runs.delete(id);
  ring(world, agent);
};
