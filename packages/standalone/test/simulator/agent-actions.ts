import type { Action } from "@homeport/agent/reconcile.ts";
import type { DesiredReplica, Reason } from "@homeport/clusters/contract.ts";
import type { Agent } from "./agent-mind.ts";
import { replicaStops } from "./checks.ts";
import { createContainer, isVolumeInUse, runContainer, stopContainer } from "./engine.ts";
import { clockOf, later, note, type World } from "./world.ts";

export type Work = { doing: "pulling" | "starting" | "stopping" | "removing" | "updating"; isAborted: boolean };

const FIRST = { start: "pulling", setRestart: "updating", stop: "stopping", remove: "removing" } as const;

/** `createActions`: never two things at once for one replica; the agent may die between any two of the steps. */
export const beginAction = (world: World, agent: Agent, action: Action): void => {
  const { mind, process, engine } = agent;
  const id = action.kind === "start" ? action.replica.id : action.id;
  if (mind.works.has(id)) return;
  mind.touched.add(id);
  const work: Work = { doing: FIRST[action.kind], isAborted: false };
  mind.works.set(id, work);
  if (world.trace !== null) note(world, `${process.name} begins to ${action.kind} ${id}`);
  switch (action.kind) {
    case "start":
      pull(world, agent, action.replica, action.again, work);
      return;
    case "setRestart":
      later(world, process, world.random.int(1, 20), () => {
        const found = engine.containers.get(id);
        if (found !== undefined) found.restart = action.restart;
        end(agent, id);
      });
      return;
    case "stop":
      stop(world, agent, id, action.graceSeconds, () => end(agent, id));
      return;
    case "remove":
      stop(world, agent, id, action.graceSeconds, () => remove(world, agent, id));
      return;
  }
};

const end = (agent: Agent, id: string): void => {
  agent.mind.works.delete(id);
  agent.mind.touched.add(id);
  agent.ring();
};

const pull = (world: World, agent: Agent, replica: DesiredReplica, again: boolean, work: Work): void => {
  const { process, mind } = agent;
  const tookMs = world.random.chance(0.05) ? world.random.int(500, 5_000) : world.random.int(2, 60);
  later(world, process, tookMs, () => {
    if (work.isAborted) return end(agent, replica.id);
    if (world.isStormy && world.random.chance(0.03)) return failed(world, agent, replica, UNAVAILABLE, false);
    work.doing = "starting";
    agent.ring();
    later(world, process, world.random.int(1, 40), () => {
      if (isVolumeInUse(agent.engine, replica)) return failed(world, agent, replica, VOLUME_IN_USE, false);
      createContainer(agent.engine, replica);
      later(world, process, world.random.int(1, 30), () => {
        if (replica.kind === "run" && !agent.disk.runs.has(replica.id)) {
          agent.disk.runs.set(replica.id, null);
          mind.memories.ran(replica.id);
        }
        later(world, process, 1, () => {
          if (isVolumeInUse(agent.engine, replica)) return failed(world, agent, replica, VOLUME_IN_USE, false);
          runContainer(world, agent, replica.id);
          later(world, process, 1, () => {
            mind.memories.started(replica, again);
            end(agent, replica.id);
          });
        });
      });
    });
  });
};

const UNAVAILABLE: Reason = { code: "pull_failed", message: "The registry did not answer." };
const VOLUME_IN_USE: Reason = { code: "volume_in_use", message: "Another replica has the volume." };

const failed = (world: World, agent: Agent, replica: DesiredReplica, reason: Reason, final: boolean): void => {
  agent.mind.memories.startFailed(replica, reason, final, clockOf(world, agent.process).getTime());
  end(agent, replica.id);
};

/** SIGTERM, at most the grace, SIGKILL; nothing of it runs when `then` comes. */
const stop = (world: World, agent: Agent, id: string, graceSeconds: number, then: () => void): void => {
  const { process, engine } = agent;
  later(world, process, world.random.int(1, 15), () => {
    replicaStops(world, agent, id);
    const killAt = world.now + graceSeconds * 1000;
    const wait = (): void => {
      const found = engine.containers.get(id);
      if (found === undefined || found.state !== "running") {
        then();
        return;
      }
      if (world.now >= killAt) {
        stopContainer(world, agent, id, true);
        later(world, process, 1, then);
        return;
      }
      later(world, process, Math.max(1, Math.min(300, killAt - world.now)), wait);
    };
    if (stopContainer(world, agent, id, false)) return later(world, process, 1, then);
    later(world, process, 10, wait);
  });
};

const remove = (world: World, agent: Agent, id: string): void => {
  later(world, agent.process, world.random.int(1, 30), () => {
    agent.engine.containers.delete(id);
    later(world, agent.process, 1, () => {
      agent.mind.memories.forget(id);
      end(agent, id);
    });
  });
};
