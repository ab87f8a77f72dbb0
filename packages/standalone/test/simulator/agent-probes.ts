import type { Readiness } from "@homeport/agent/observe.ts";
import type { DesiredReplica, DesiredState, Reason } from "@homeport/clusters/contract.ts";
import { type Agent, byId } from "./agent-mind.ts";
import { answers } from "./container.ts";
import { clockOf, later, type World } from "./world.ts";

export type Watch = { key: string; readiness: Readiness; probed: boolean; failures: number; isOverdue: boolean };

const LONGEST_PAUSE_MS = 1_000;
const FAILURES_UNTIL_UNHEALTHY = 3;
const LATE_PATIENCE_MS = 5_000;

/** `createHealthWatch`: probes every running replica for as long as it runs. */
export const syncProbes = (world: World, agent: Agent, state: DesiredState): void => {
  const { watches } = agent.mind;
  const kept = new Set<string>();
  for (const replica of state.replicas) {
    const found = byId(agent.mind, replica.id)?.state;
    if (replica.kind === "run" || replica.desired === "stopped" || found?.kind !== "running") continue;
    kept.add(replica.id);
    const key = `${found.startedAt.getTime()} ${found.address?.port}`;
    if (watches.get(replica.id)?.key === key) continue;
    const watch: Watch = { key, readiness: { kind: "waiting" }, probed: false, failures: 0, isOverdue: false };
    watches.set(replica.id, watch);
    const timeoutMs = timeoutOf(replica);
    const at = clockOf(world, agent.process).getTime();
    const deadline = Math.max(found.startedAt.getTime() + timeoutMs, at + Math.min(timeoutMs, LATE_PATIENCE_MS));
    probeLater(world, agent, replica, watch, deadline, 2);
  }
  for (const id of watches.keys()) if (!kept.has(id)) watches.delete(id);
};

const timeoutOf = ({ health }: DesiredReplica): number => (health.kind === "none" ? 0 : health.timeoutSeconds * 1000);

const probeLater = (
  world: World,
  agent: Agent,
  replica: DesiredReplica,
  watch: Watch,
  deadline: number,
  ms: number,
): void => later(world, agent.process, ms, () => probe(world, agent, replica, watch, deadline));

const probe = (world: World, agent: Agent, replica: DesiredReplica, watch: Watch, deadline: number): void => {
  const { mind, process, engine } = agent;
  const { id, health } = replica;
  if (mind.watches.get(id) !== watch) return;
  const again = (ms: number) => probeLater(world, agent, replica, watch, deadline, ms);
  const wasProbed = watch.probed;
  watch.probed = true;
  const isReady = health.kind === "none" || answers(world, engine, id);
  const now = clockOf(world, process);
  if (isReady) {
    watch.failures = 0;
    if (watch.readiness.kind !== "ready" || !wasProbed) {
      if (watch.readiness.kind !== "ready") watch.readiness = { kind: "ready", since: now };
      agent.ring();
    }
    if (health.kind !== "none") again(health.intervalSeconds * 1000);
    return;
  }
  if (!wasProbed) agent.ring();
  if (watch.readiness.kind === "ready") {
    watch.failures += 1;
    if (watch.failures >= FAILURES_UNTIL_UNHEALTHY) set(agent, watch, unhealthy);
    again(LONGEST_PAUSE_MS);
    return;
  }
  if (now.getTime() >= deadline && !watch.isOverdue && watch.failures === 0) {
    watch.isOverdue = true;
    // What the agent was told last, as its watch knows it: a candidate fails for good, what serves is waited for.
    if (replica.restart === "never") {
      mind.memories.fail(id, unhealthy);
      agent.ring();
    } else set(agent, watch, unhealthy);
  }
  const untilReady = (engine.containers.get(id)?.readyAt ?? -1) - world.now;
  const untilDeadline = deadline - now.getTime();
  const pause = Math.min(LONGEST_PAUSE_MS, untilReady > 0 ? untilReady + world.random.int(1, 80) : LONGEST_PAUSE_MS);
  again(Math.max(5, watch.isOverdue ? pause : Math.min(pause, Math.max(5, untilDeadline))));
};

const unhealthy: Reason = { code: "unhealthy", message: "It does not answer." };

const set = (agent: Agent, watch: Watch, reason: Reason): void => {
  if (watch.readiness.kind === "unhealthy") return;
  watch.readiness = { kind: "unhealthy", reason };
  agent.ring();
};
