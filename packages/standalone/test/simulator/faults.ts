import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { Agent } from "./agent-mind.ts";
import { endContainer, losePower, runContainer } from "./engine.ts";
import type { Process } from "./process.ts";
import type { Fault } from "./script.ts";
import { kill, later, note, pause, start, type World } from "./world.ts";

export const inflict = (world: World, fault: Fault): void => {
  if ("process" in fault) {
    const process = world.processes.find(({ name }) => name === fault.process);
    if (process !== undefined) inflictOn(world, process, fault);
    return;
  }
  note(world, `fault: ${JSON.stringify(fault)}`);
  if (fault.fault === "wipe_valkey") {
    world.valkey.table = null;
    world.valkey.wipedAt = world.now;
    world.valkey.gateways.clear();
    return;
  }
  const running = world.agents.flatMap((agent) =>
    [...agent.engine.containers.values()]
      .filter(({ state, replica }) => state === "running" && replica.kind === "service")
      .map((container) => ({ agent, container })),
  );
  const hit = running[fault.nth % Math.max(1, running.length)];
  if (hit === undefined) return;
  const { agent, container } = hit;
  hurt(world, container.replica);
  if (fault.fault === "hang") {
    container.isHung = true;
    world.watching.hung.add(container.replica.id);
  } else endContainer(world, agent, container, { code: 139, oomKilled: world.random.chance(0.3) });
};

const inflictOn = (world: World, process: Process, fault: Extract<Fault, { process: string }>): void => {
  note(world, `fault: ${JSON.stringify(fault)}`);
  const agent = world.agents.find((each) => each.process === process);
  if (agent?.engine.isGone === true) return;
  switch (fault.fault) {
    case "kill": {
      if (!process.up) return;
      process.dies = fault.dies;
      const { life } = process;
      // It dies with the next thing it does, or without having done any.
      later(world, null, fault.downMs, () => {
        if (process.life === life && process.dies !== null) kill(world, process);
        if (agent === undefined || agent.engine.isOn) start(world, process);
      });
      return;
    }
    case "pause":
      pause(world, process, fault.ms);
      return;
    case "stall":
      process.stallsMs = fault.ms;
      return;
    case "step_clock":
      process.skewMs += fault.ms;
      return;
    case "cut_off":
      process.cutOffUntil = Math.max(process.cutOffUntil, world.now + fault.ms);
      return;
    case "power":
      if (agent !== undefined) powerOff(world, agent, fault.downMs);
      return;
    case "gone":
      if (agent !== undefined && world.agents.filter(({ engine }) => !engine.isGone).length > 1) loseNode(world, agent);
  }
};

const disturb = (world: World, { engine }: Agent): void => {
  for (const { state, replica } of engine.containers.values()) if (state === "running") hurt(world, replica);
};

/** What a fault did to a replica is not the platform's doing. */
const hurt = ({ watching }: World, { id, workloadId }: DesiredReplica): void => {
  watching.disturbed.add(workloadId as WorkloadId);
  watching.hurt.add(id);
};

const powerOff = (world: World, agent: Agent, downMs: number): void => {
  if (!agent.engine.isOn) return;
  disturb(world, agent);
  kill(world, agent.process);
  losePower(world, agent);
  later(world, null, downMs, () => powerOn(world, agent));
};

export const powerOn = (world: World, agent: Agent): void => {
  const { engine, process } = agent;
  if (engine.isOn || engine.isGone) return;
  engine.isOn = true;
  for (const { restart, replica } of engine.containers.values())
    if (engine.restartsItself && restart === "always") runContainer(world, agent, replica.id);
  start(world, process);
};

const loseNode = (world: World, agent: Agent): void => {
  disturb(world, agent);
  kill(world, agent.process);
  losePower(world, agent);
  agent.engine.isGone = true;
};
