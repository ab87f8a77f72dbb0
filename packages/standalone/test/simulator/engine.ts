import type { EngineReplica, Exit } from "@homeport/agent/ports.ts";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { containerStarted } from "./checks.ts";
import type { Container, Engine, Host } from "./container.ts";
import { clockOf, later, note, type World } from "./world.ts";

/** `list`: whole, and as of one moment. */
export const listContainers = ({ containers }: Engine, nodeId: string): EngineReplica[] =>
  [...containers.values()].map(({ replica, restart, restarts, state, startedAt, port, exit, restarting }) => ({
    id: replica.id,
    workloadId: replica.workloadId,
    kind: replica.kind,
    epoch: replica.epoch,
    volumes: replica.volumes.map(({ volumeId }) => volumeId),
    logStream: "",
    restart,
    restarts,
    state:
      state === "running" && startedAt !== null
        ? { kind: "running", startedAt, address: { host: nodeId, port } }
        : state === "exited" && exit !== null
          ? { kind: "exited", exit, startedAt, restarting }
          : { kind: "created" },
  }));

/** Why the engine does not start it: a service with volumes while another replica of its workload runs. */
export const isVolumeInUse = ({ containers }: Engine, wanted: DesiredReplica): boolean =>
  wanted.kind === "service" &&
  wanted.volumes.length > 0 &&
  [...containers.values()].some(
    ({ replica, state, restarting }) =>
      replica.id !== wanted.id &&
      replica.workloadId === wanted.workloadId &&
      replica.kind === "service" &&
      (state === "running" || restarting),
  );

export const createContainer = (engine: Engine, replica: DesiredReplica): void => {
  if (engine.containers.has(replica.id)) return;
  engine.containers.set(replica.id, {
    replica,
    restart: replica.restart,
    restarts: 0,
    state: "created",
    run: 0,
    startedAt: null,
    port: 0,
    readyAt: -1,
    isHung: false,
    exit: null,
    restarting: false,
  });
};

/** Has its process run, and behave as its release does. */
export const runContainer = (world: World, host: Host, id: string): void => {
  const { engine, process } = host;
  const container = engine.containers.get(id);
  if (container === undefined || container.state === "running" || !engine.isOn) return;
  const { replica } = container;
  const behaviour = world.behaviours.get(replica.releaseId);
  world.isChanged = true;
  container.state = "running";
  container.run += 1;
  container.startedAt = clockOf(world, process);
  container.port = ++engine.ports;
  container.isHung = false;
  container.exit = null;
  container.restarting = false;
  container.readyAt = world.now + (behaviour?.readyMs ?? 100);
  if (world.trace !== null) note(world, `${process.name} ${id} runs (${replica.workloadId}, epoch ${replica.epoch})`);
  containerStarted(world, host, container);
  if (replica.kind === "run") {
    endRunLater(world, host, container);
    return;
  }
  if (behaviour?.fate === "hangs") container.readyAt = -1;
  if (behaviour?.fate !== "crashes" && behaviour?.fate !== "out_of_memory") return;
  container.readyAt = -1;
  const isOom = behaviour.fate === "out_of_memory";
  endLater(world, host, container, world.random.int(20, 900), { code: isOom ? 137 : 1, oomKilled: isOom });
};

const endRunLater = (world: World, host: Host, container: Container): void => {
  const behaviour = world.behaviours.get(container.replica.releaseId);
  const isPost = container.replica.id.startsWith("post");
  const fate = isPost ? behaviour?.postDeploy : behaviour?.preDeploy;
  const tookMs = world.random.chance(0.05) ? 60_000 : world.random.int(20, 2_500);
  endLater(world, host, container, tookMs, { code: fate === "fails" ? 3 : 0, oomKilled: false });
};

const endLater = (world: World, host: Host, container: Container, ms: number, exit: Omit<Exit, "at">): void => {
  const { run } = container;
  later(world, null, ms, () => {
    if (container.run === run && container.state === "running") endContainer(world, host, container, exit);
  });
};

/** Its process ends; the engine starts it again when that is its way and the policy says so. */
export const endContainer = (world: World, host: Host, container: Container, exit: Omit<Exit, "at">): void => {
  const { engine, process } = host;
  if (container.state !== "running") return;
  world.isChanged = true;
  container.state = "exited";
  container.readyAt = -1;
  container.exit = { ...exit, at: clockOf(world, process) };
  if (world.trace !== null) note(world, `${process.name} ${container.replica.id} ends with ${exit.code}`);
  const again = container.restart === "always" || (container.restart === "on-failure" && exit.code !== 0);
  container.restarting = engine.restartsItself && again && container.replica.kind === "service" && engine.isOn;
  if (container.restarting) {
    const { run } = container;
    later(world, null, Math.min(30_000, 100 * 2 ** Math.min(container.restarts, 8)), () => {
      if (container.run !== run || !container.restarting || engine.containers.get(container.replica.id) !== container)
        return;
      container.restarts += 1;
      runContainer(world, host, container.replica.id);
      host.changed();
    });
  }
  host.changed();
};

/** SIGTERM, or SIGKILL when `force`; whether it has ended. */
export const stopContainer = (world: World, host: Host, id: string, force: boolean): boolean => {
  const container = host.engine.containers.get(id);
  if (container === undefined) return true;
  container.restart = "never"; // it was asked to stop
  container.restarting = false;
  if (container.state !== "running") return true;
  if (force) endContainer(world, host, container, { code: 137, oomKilled: false });
  else if (world.behaviours.get(container.replica.releaseId)?.ignoresTerm !== true && !container.isHung)
    endLater(world, host, container, world.random.int(5, 250), { code: 143, oomKilled: false });
  return false;
};

/** Its machine loses power: everything ends, and nobody saw how. */
export const losePower = (world: World, host: Host): void => {
  host.engine.isOn = false;
  for (const container of host.engine.containers.values())
    endContainer(world, host, container, { code: null, oomKilled: false });
};
