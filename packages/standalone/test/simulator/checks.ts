import { type ReleaseSpec, wantedReplicas } from "@homeport/clusters/workload.ts";
import { ACTIVE_STATES } from "@homeport/deployments/deployment.ts";
import type { DeploymentId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Target } from "@homeport/kit/registry/record.ts";
import type { Agent } from "./agent-mind.ts";
import { type ReplicaRow, releaseOf, replicasOf, type WorkloadRow } from "./clusters-store.ts";
import { answers, type Container, type Host } from "./container.ts";
import type { DeploymentRow } from "./deployments-store.ts";
import type { Gateway } from "./gateways.ts";
import { Violation, type World } from "./world.ts";

/** What the checks remember, which nobody in the world may read. */
export type Watching = {
  states: Map<DeploymentId, DeploymentRow["state"]>;
  revisions: Map<string, number>;
  generations: Map<string, number>;
  /** Workloads of which a fault took something that served, until all of it serves again. */
  disturbed: Set<WorkloadId>;
  /** Replicas that a fault hit. */
  hurt: Set<string>;
  /** Those of them that hung: what an agent has seen of that it may tell much later. */
  hung: Set<string>;
  /** How many replicas of a workload answered through every gateway, and have to go on doing so. */
  floors: Map<WorkloadId, number>;
};

const isActive = ({ state }: DeploymentRow): boolean => (ACTIVE_STATES as readonly string[]).includes(state);
const ORDER = ["queued", "building", "releasing", "pre_deploying", "rolling_out", "post_deploying"];
const rankOf = (state: string): number => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);

/** I2: one deployment is under way in a slot, forwards only, and what is over stays as it is. */
export const deploymentChanged = (world: World, row: DeploymentRow, before: DeploymentRow["state"]): void => {
  const { deployments } = world.deployments;
  if (rankOf(row.state) < rankOf(before) || (rankOf(before) === ORDER.length && row.state !== before))
    throw new Violation("I2", `deployment ${row.id} went from ${before} back to ${row.state}`);
  if (!isActive(row)) return;
  for (const other of deployments.values())
    if (other !== row && other.workloadId === row.workloadId && isActive(other))
      throw new Violation("I2", `deployments ${other.id} and ${row.id} are under way in one slot`);
};

/** I2: two processes never write to one volume, and of what replaces each other never two releases run. */
export const containerStarted = (world: World, { process }: Host, { replica }: Container): void => {
  if (replica.kind === "run") return;
  for (const { engine, process: host } of world.agents) {
    for (const other of engine.containers.values()) {
      if (other.replica.id === replica.id || other.state !== "running" || other.replica.kind === "run") continue;
      if (other.replica.workloadId !== replica.workloadId) continue;
      if (replica.volumes.length > 0 && other.replica.volumes.length > 0)
        throw new Violation(
          "I2",
          `${other.replica.id} on ${host.name} and ${replica.id} on ${process.name} have one volume`,
        );
      if (mustBeAlone(world, replica.id, other.replica.id))
        throw new Violation("I2", `${replica.id} started while ${other.replica.id} of another release still ran`);
    }
  }
};

/** Whether the newer of two replicas of a workload is of a release that nothing else may run beside. */
const mustBeAlone = ({ clusters }: World, ...ids: [string, string]): boolean => {
  const [a, b] = ids.map((id) => clusters.replicas.get(id as ReplicaId));
  if (a === undefined || b === undefined || a.generation === b.generation) return false;
  const newer = Math.max(a.generation, b.generation);
  return releaseOf(clusters, a.workloadId, newer)?.spec.strategy.kind === "recreate";
};

/** I3: what a node acts on only grows. */
export const generationTaken = (world: World, { nodeId }: Agent, generation: number): void => {
  const { generations } = world.watching;
  const known = generations.get(nodeId) ?? -1;
  if (generation <= known) throw new Violation("I3", `${nodeId} went from generation ${known} to ${generation}`);
  generations.set(nodeId, generation);
};

/** I3: what a gateway serves only grows. */
export const revisionServed = (world: World, { process, table }: Gateway): void => {
  const { revisions } = world.watching;
  const known = revisions.get(process.name) ?? -1;
  if (table.revision < known)
    throw new Violation("I3", `${process.name} went from revision ${known} to ${table.revision}`);
  revisions.set(process.name, table.revision);
};

/** I3: targets of what serves never become none without its being wished. */
export const setRoutes = (world: World, workload: WorkloadRow, hosts: string[], targets: Target[]): void => {
  const had = workload.targets.some(({ state }) => state === "ready");
  const has = targets.some(({ state }) => state === "ready");
  workload.hosts = hosts;
  workload.targets = targets;
  if (!had || has || workload.removing || workload.offSince !== null) return;
  if (world.watching.disturbed.has(workload.id) || servingCount(world, workload) === 0) return;
  if (!replicasOf(world.clusters, workload.id).some(isKnownUp)) return; // all of it ended, as far as anybody was told
  throw new Violation("I3", `the routes of ${workload.id} became empty`);
};

const isKnownUp = ({ role, address, state }: ReplicaRow): boolean =>
  role === "serving" && address !== null && !["pulling", "exited", "failed", "stopped"].includes(state);

const servingCount = ({ clusters }: World, { id, serving }: WorkloadRow): number => {
  const release = releaseOf(clusters, id, serving?.generation);
  return release === undefined ? 0 : wantedReplicas(release.spec);
};

/** I4: traffic is only given to what has answered. */
export const trafficGiven = (world: World, ids: readonly ReplicaId[]): void => {
  for (const id of ids) {
    const row = world.clusters.replicas.get(id);
    if (row === undefined) continue;
    if (world.watching.hurt.has(id)) {
      world.watching.disturbed.add(row.workloadId);
      continue;
    }
    const agent = world.agents.find(({ nodeId }) => nodeId === row.nodeId);
    if (agent !== undefined && !agent.engine.isGone && !answers(world, agent.engine, id))
      throw new Violation("I4", `${id} got traffic and does not answer`);
  }
};

/** I4: at a switch as many have to go on answering as did, or as the new release has when it has fewer. */
export const switched = (world: World, { id }: WorkloadRow, release: ReleaseSpec, _revision: number): void => {
  const { floors } = world.watching;
  floors.set(id, Math.min(floors.get(id) ?? 0, wantedReplicas(release)));
};

/** I4: nothing is stopped while a gateway that could know better gives it new requests. */
export const replicaStops = (world: World, { engine, process }: Agent, id: string): void => {
  const container = engine.containers.get(id);
  if (container?.state !== "running" || container.replica.kind === "run") return;
  for (const gateway of world.gateways) {
    if (!isWellConnected(world, gateway)) continue;
    const targets = gateway.table.targets.get(container.replica.workloadId as WorkloadId) ?? [];
    if (targets.some(({ replicaId, state }) => replicaId === id && state === "ready"))
      throw new Violation("I4", `${process.name} stops ${id}, which ${gateway.process.name} gives requests`);
  }
};

/** A gateway that was cut off or stopped needs a moment to hear what it missed. */
const CATCH_UP_MS = 6_000;

/**
 * NOTE: the same time is given after Valkey was wiped: a clusters process that starts then knows no gateway that has not
 * announced itself again, and does not wait for one that it does not know.
 */
const isWellConnected = ({ now, valkey }: World, { process, hasRead }: Gateway): boolean =>
  process.up && hasRead && Math.max(process.cutOffUntil, process.pausedUntil, valkey.wipedAt) + CATCH_UP_MS < now;

/** After everything that happens: I4, what answered goes on answering, but for faults that hit it. */
export const checkWorld = (world: World): void => {
  const { floors, disturbed } = world.watching;
  if (!world.isChanged) return;
  world.isChanged = false;
  for (const workload of world.clusters.workloads.values()) {
    const { id, removing, serving, offSince } = workload;
    if (removing || serving === null || offSince !== null) {
      if (floors.size > 0) floors.delete(id);
      continue;
    }
    const wanted = servingCount(world, workload);
    const floor = floors.get(id) ?? 0;
    const count = countAnswering(world, id);
    if (count === null) continue;
    if (count >= wanted && (!disturbed.has(id) || doAllAnswer(world, id))) {
      // One that has not heard of it yet counts as soon as it could have.
      if (floor < wanted && isServedEverywhere(world)) floors.set(id, wanted);
      else if (floor > wanted) floors.set(id, wanted);
      if (disturbed.size > 0) disturbed.delete(id);
    } else if (count < floor) {
      if (!disturbed.has(id)) throw new Violation("I4", `${count} of ${id} answer, ${floor} did`);
      floors.set(id, count);
    }
  }
};

const doAllAnswer = (world: World, id: WorkloadId): boolean =>
  world.gateways.every((each) => !isWellConnected(world, each) || each.table.revision === world.clusters.revision) &&
  [...world.clusters.replicas.values()].every(({ id: replicaId, workloadId, role, nodeId }) => {
    if (workloadId !== id || role !== "serving") return true;
    if (world.watching.hung.has(replicaId)) return false;
    const engine = world.agents.find((agent) => agent.nodeId === nodeId)?.engine;
    return engine !== undefined && answers(world, engine, replicaId);
  });

const isServedEverywhere = ({ gateways, clusters }: World): boolean =>
  gateways.every(({ process, table }) => !process.up || table.revision === clusters.revision);

/** Through the gateway that reaches the fewest; null when none is well connected. */
const countAnswering = (world: World, id: WorkloadId): number | null => {
  let fewest: number | null = null;
  for (const gateway of world.gateways) {
    if (!isWellConnected(world, gateway)) continue;
    let count = 0;
    for (const { replicaId, host, port, state } of gateway.table.targets.get(id) ?? []) {
      if (state !== "ready") continue;
      const agent = world.agents.find(({ nodeId }) => nodeId === host);
      const container = agent?.engine.containers.get(replicaId);
      if (agent !== undefined && container?.port === port && answers(world, agent.engine, replicaId)) count += 1;
    }
    fewest = fewest === null ? count : Math.min(fewest, count);
  }
  return fewest;
};
